import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import { changed, expected, hexKey, problemsOf, rawOf, secure } from "./config-fixture.ts";

const keyWords = "64 hex digits, not all the same";
const passwordWords = "16 to 256 letters, digits and . _ ~ -, not all the same";
const envWords = "a secret text of 8 characters or more, not all the same";
const tokenWords = "a password or token of 8 characters or more without spaces, not all the same";
const inClear = "a value given with --secret; this one stands in clear: a key that was ever shared must be a new one";

const setKey = "openssl rand -hex 32 | pulumi config set --path 'slipway:app.secretKey' --secret --stack local";
const setPassword = "openssl rand -hex 24 | pulumi config set --path 'slipway:redis.password' --secret --stack local";
const setEnv = "pulumi config set --path 'slipway:app.secretEnv.TOKEN' --secret --stack local";
const setToken = `pulumi config set --path 'slipway:registries["ghcr.io"].password' --secret --stack local`;

/** Path, value, allowed, mend; the value is never shown. */
const cases: readonly (readonly [string, unknown, string, string])[] = [
  ["app.secretKey", hexKey, inClear, setKey],
  ["app.secretKey", secure("0".repeat(64)), keyWords, setKey],
  ["app.secretKey", secure(hexKey.slice(1)), keyWords, setKey],
  ["app.secretKey", secure(hexKey.replace("0", "g")), keyWords, setKey],
  [
    "app.secretKey",
    secure("your-64-char-hex-secret-key-here"),
    `${keyWords}; this is a placeholder to be replaced`,
    setKey,
  ],
  ["app.secretKey", secure("CHANGE_THIS_SECRET"), `${keyWords}; this is a placeholder to be replaced`, setKey],
  ["app.secretEnv.TOKEN", "in-the-clear", inClear, setEnv],
  ["app.secretEnv.TOKEN", secure("short"), envWords, setEnv],
  ["app.secretEnv.TOKEN", secure("aaaaaaaaaaaa"), envWords, setEnv],
  ["app.secretEnv.TOKEN", secure("sk-your-openai-key"), `${envWords}; this is a placeholder to be replaced`, setEnv],
  ["app.secretEnv.TOKEN", secure("changeme"), `${envWords}; this is a placeholder to be replaced`, setEnv],
  ["redis.password", secure("short-Password"), passwordWords, setPassword],
  ["redis.password", secure("with spaces and @ signs"), passwordWords, setPassword],
  ["redis.password", secure("x".repeat(32)), passwordWords, setPassword],
  ["redis.password", "a-Password-in-clear", inClear, setPassword],
  ["redis.password", 1234567890123456, inClear, setPassword],
];

describe("a secret that is refused", () => {
  test.each(cases)("%s = %j", (path, value, allowed, mend) => {
    const problems = problemsOf(rawOf("local", changed("local", { [path]: value })));
    expect(problems).toEqual([expected("local", path, "(secret)", allowed, mend)]);
  });

  test.each([
    [secure("a b"), tokenWords],
    ["ghp-in-the-clear", inClear],
    [secure("<token>"), `${tokenWords}; this is a placeholder to be replaced`],
  ])("a registry's password %j", (password, allowed) => {
    const registries = { "ghcr.io": { username: "robot", password } };
    const problems = problemsOf(rawOf("local", changed("local", { registries })));
    expect(problems).toEqual([expected("local", 'registries["ghcr.io"].password', "(secret)", allowed, setToken)]);
  });

  test("in clear beside one that is encrypted: the stack's file tells them apart", () => {
    const config = changed("local", { "app.secretKey": secure(hexKey), "app.secretEnv.TOKEN": "in-the-clear" });
    expect(problemsOf(rawOf("local", config))).toEqual([
      expected("local", "app.secretEnv.TOKEN", "(secret)", inClear, setEnv),
    ]);
  });

  test("without the stack's file Pulumi's word for the whole key is taken", () => {
    const { fileValues: _, ...raw } = rawOf("local", changed("local", { "app.secretKey": secure(hexKey) }));
    expect(problemsOf(raw)).toEqual([]);
    expect(problemsOf({ ...raw, secretKeys: new Set() })).toEqual([
      expected("local", "app.secretKey", "(secret)", inClear, setKey),
    ]);
  });
});

describe("a secret's text appears in no error", () => {
  const text = "Very-Private-Text-1";

  test.each<readonly [string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ["mistyped secret option", { "app.secretKye": text }, ["app.secretKye"]],
    ["unknown option", { "redis.auth": text }, ["redis.auth"]],
    ["a text for a section that holds a secret", { redis: text }, ["redis"]],
    ["a list for a section that holds a secret", { redis: [text] }, ["redis"]],
    [
      "user:password for a registry",
      { registries: { "ghcr.io": text } },
      ['registries["ghcr.io"]', 'registries["ghcr.io"].username', 'registries["ghcr.io"].password'],
    ],
    ["an ordinary option that the user encrypted", { "app.logLevel": secure(text) }, ["app.logLevel"]],
    ["an unknown first-level key", { redisPassword: text }, ["redisPassword"]],
    ["an unknown encrypted key", { "edge.httpsPrt": secure(text) }, ["edge.httpsPrt"]],
    ["a secret of the wrong type", { "redis.password": { value: text } }, ["redis.password"]],
  ])("%s", (_, change, paths) => {
    const problems = problemsOf(rawOf("local", changed("local", change)));
    expect(problems.map(({ path }) => path)).toEqual(paths.map((path) => `slipway:${path}`));
    expect(renderProblems(problems)).not.toContain(text);
  });

  test("nor in what is printed of the settings", () => {
    const reading = readSettings(rawOf("local", changed("local", { "app.secretKey": secure(hexKey) })));
    if ("problems" in reading) throw new Error(renderProblems(reading.problems));
    expect(reading.settings.app.secretKey?.secret).toBe(hexKey);
    const { settings } = reading;
    for (const printed of [JSON.stringify(settings), inspect(settings, { depth: 9 }), `${settings.app.secretKey}`]) {
      expect(printed).toContain("(secret)");
      expect(printed).not.toContain(hexKey);
    }
    expect(String(new Secret("x"))).toBe("(secret)");
  });
});
