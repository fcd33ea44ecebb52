import { describe, expect, test } from "vitest";
import { valueAt } from "../../components/options/path.ts";
import { isPlaceholder } from "../../components/options/placeholder.ts";
import { nearest } from "../../infra/config/nearest.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import { changed, good, problemsOf, rawOf } from "./config-fixture.ts";

const edgeKeys = "domain, share, httpsPort, httpPort, tls, limits";
const hiddenValue = "(not shown: the key is unknown)";

describe("an unknown key", () => {
  test("is moved to the nearest known one by its mending command", () => {
    expect(problemsOf(rawOf("local", changed("local", { "edge.httpsPrt": 9443 })))).toEqual([
      {
        path: "slipway:edge.httpsPrt",
        value: "9443",
        allowed: `httpsPort is the nearest of ${edgeKeys}`,
        mend: "pulumi config rm --path 'slipway:edge.httpsPrt' --stack local && pulumi config set --path 'slipway:edge.httpsPort' 9443 --stack local",
      },
    ]);
  });

  test("like none is removed", () => {
    expect(problemsOf(rawOf("local", changed("local", { "edge.banana": 1 })))).toEqual([
      {
        path: "slipway:edge.banana",
        value: hiddenValue,
        allowed: `one of ${edgeKeys}`,
        mend: "pulumi config rm --path 'slipway:edge.banana' --stack local",
      },
    ]);
  });

  test("of the first level", () => {
    expect(problemsOf(rawOf("local", { ...good.local, teir: "large" }))).toEqual([
      {
        path: "slipway:teir",
        value: "large",
        allowed:
          "tier is the nearest of system, environment, platform, host, kubernetes, aws, tier, images, image, registries, edge, firewall, tcp, app, redis, postgres, secrets, ollama, health, rollout, proof, release, promotion, announce, backup, offsite, data, logs, prometheus, watch, alerts, policies, preflight, resources",
        mend: "pulumi config rm slipway:teir --stack local && pulumi config set slipway:tier large --stack local",
      },
    ]);
  });

  test("a value is quoted for the shell", () => {
    const [problem] = problemsOf(rawOf("local", changed("local", { "preflight.overide": "it's $(date) here" })));
    expect(problem?.mend).toBe(
      "pulumi config rm --path 'slipway:preflight.overide' --stack local && pulumi config set --path 'slipway:preflight.override' 'it'\\''s $(date) here' --stack local",
    );
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"])("%s is only a key", (key) => {
    const raw = rawOf("local", good.local);
    const problems = problemsOf({
      ...raw,
      values: {
        ...raw.values,
        "slipway:edge": `{"domain":"tmws.localhost","${key}":{"polluted":true}}`,
        "slipway:app": `{"extraEnv":{"${key}":"x"}}`,
        [`slipway:${key}`]: "1",
      },
    });
    expect(problems.map(({ path, value }) => [path, value])).toEqual([
      [`slipway:edge.${key}`, hiddenValue],
      [`slipway:app.extraEnv.${key}`, `the key "${key}"`],
      [`slipway:${key}`, hiddenValue],
    ]);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("of another namespace is none of ours", () => {
    const raw = rawOf("local", good.local);
    expect(problemsOf({ ...raw, values: { ...raw.values, "docker:host": "ssh://x", "slipwayx:tier": "x" } })).toEqual(
      [],
    );
  });
});

describe("what is no object", () => {
  test.each([
    ["no JSON", "tmws.localhost", "; this text is no JSON"],
    ["cut JSON", '{"domain":', "; this text is no JSON"],
    ["a number", "7", ""],
    ["a list", '["tmws.localhost"]', ""],
  ])("%s for slipway:edge", (_, text, words) => {
    const raw = rawOf("local", good.local);
    expect(problemsOf({ ...raw, values: { ...raw.values, "slipway:edge": text } })).toEqual([
      {
        path: "slipway:edge",
        // It may hold the key of a certificate.
        value: "(secret)",
        allowed: `an object with the keys ${edgeKeys}${words}`,
        mend: "pulumi config rm slipway:edge --stack local",
      },
      {
        path: "slipway:edge.domain",
        value: "(not set)",
        allowed: "a full host name in lower case, such as tmws.localhost on a laptop",
        mend: "pulumi config set --path 'slipway:edge.domain' '<host name>' --stack local",
      },
    ]);
  });

  test("an empty section, as its commented-out lines leave it, is one without options", () => {
    const raw = rawOf("local", good.local);
    expect(problemsOf({ ...raw, values: { ...raw.values, "slipway:redis": "", "slipway:backup": "null" } })).toEqual(
      [],
    );
  });
});

describe("a placeholder", () => {
  test.each([
    [
      "edge.domain",
      "your-domain.com",
      "set '<host name>'",
      "a full host name in lower case, such as tmws.localhost on a laptop",
    ],
    [
      "edge.domain",
      "<host name>",
      "set '<host name>'",
      "a full host name in lower case, such as tmws.localhost on a laptop",
    ],
    ["app.extraEnv.MODEL_URL", "https://your_server/v1", "set '<value>'", "a text"],
    ["app.extraEnv.NAME", "CHANGE_THIS_NAME", "set '<value>'", "a text"],
  ])("%s = %s", (path, value, mend, allowed) => {
    expect(problemsOf(rawOf("local", changed("local", { [path]: value })))).toEqual([
      {
        path: `slipway:${path}`,
        value,
        allowed: `${allowed}; this is a placeholder to be replaced`,
        mend: mend.replace(/^set (.*)$/, `pulumi config set --path 'slipway:${path}' $1 --stack local`),
      },
    ]);
  });

  test("in a list", () => {
    const problems = problemsOf(
      rawOf("local", changed("local", { "app.corsOrigins": ["https://a.dev", "https://yourdomain.com"] })),
    );
    expect(problems.map(({ path, value }) => [path, value])).toEqual([
      ["slipway:app.corsOrigins[1]", "https://yourdomain.com"],
    ]);
  });

  test.each([
    "CHANGE_THIS_x",
    "change-me",
    "changeme",
    "your_key",
    "your-key",
    "sk-your-key",
    "<token>",
    "ops@your-company.com",
    "your-registry.com/a:1",
  ])("%s is one", (text) => expect(isPlaceholder(text)).toBe(true));
  test.each(["exchange-this", "https://honour-your.dev", "a<b>c", "sk-ant-1", "yours.dev", ""])("%j is none", (text) =>
    expect(isPlaceholder(text)).toBe(false),
  );
});

test("every problem is found in one go, in the schema's order, and read as one text", () => {
  const config = changed("production", {
    images: "gold",
    "edge.httpsPort": "x",
    "edge.domain": "tmws.localhost",
    "app.corsOrigins": ["*", "b"],
    "app.logLevel": "DEBUG",
    "app.authEnabled": false,
    "redis.password": "x",
    "backup.keep": 0,
    nonsense: true,
  });
  const problems = problemsOf(rawOf("production", config));
  expect(problems.map(({ path }) => path.replace("slipway:", ""))).toEqual([
    "images",
    "edge.httpsPort",
    "edge.domain",
    "app.corsOrigins[1]",
    "app.authEnabled",
    "app.logLevel",
    "app.corsOrigins[0]",
    "redis.password",
    "backup.keep",
    "nonsense",
  ]);
  expect(renderProblems(problems.slice(0, 1))).toBe(
    [
      "The config has 1 problem; nothing was changed.",
      "",
      "  slipway:images",
      "    is:      gold",
      "    allowed: one of official, debian",
      "    mend:    pulumi config set slipway:images debian --stack production",
    ].join("\n"),
  );
  expect(renderProblems(problems)).toMatch(/^The config has 10 problems; nothing was changed\.\n/);
});

test("the nearest word", () => {
  expect(nearest("httpsport", ["httpPort", "httpsPort"])).toBe("httpsPort");
  expect(nearest("kep", ["keep"])).toBe("keep");
  expect(nearest("banana", ["keep"])).toBeUndefined();
  expect(nearest("x".repeat(100_000), ["keep"])).toBeUndefined();
});

test("a path finds own values only", () => {
  expect(valueAt({ edge: { constructor: 1 } }, ["edge", "constructor"])).toBe(1);
  expect(valueAt({ edge: {} }, ["edge", "constructor"])).toBeUndefined();
  expect(valueAt({}, ["__proto__", "toString"])).toBeUndefined();
});
