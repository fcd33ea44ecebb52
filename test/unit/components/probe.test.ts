import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  curlCommand,
  curlConfig,
  curlConfigVariable,
  type HttpProbe,
  judge,
  parseAnswer,
} from "../../../components/probe/spec.ts";

const probe: HttpProbe = { name: "healthy", via: "edge", method: "GET", path: "/health", expect: { status: 200 } };
const target = { base: "https://tmws.localhost:8443", options: ['cacert = "/data/root.crt"'] };

/** A value in curl's config as its manual says: in double quotes, with \\ \" \t \n \r \v; any other letter after a backslash is itself. */
function readQuoted(line: string): string {
  const inner = /^[a-z-]+ = "(.*)"$/.exec(line)?.[1] ?? "";
  const known: Record<string, string> = { t: "\t", n: "\n", r: "\r", v: "\v" };
  return inner.replace(/\\(.)/g, (_, letter: string) => known[letter] ?? letter);
}

const lineOf = (config: string, key: string) => config.split("\n").filter((line) => line.startsWith(`${key} = `));

describe("curlConfig", () => {
  test("a plain question", () => {
    expect(curlConfig(probe, target, undefined)).toBe(
      [
        "silent",
        "show-error",
        "globoff",
        "max-time = 10",
        'request = "GET"',
        'url = "https://tmws.localhost:8443/health"',
        'write-out = "\\n%{http_code}"',
        'cacert = "/data/root.crt"',
        "",
      ].join("\n"),
    );
  });

  test("with headers, token and body", () => {
    const config = curlConfig(
      { ...probe, method: "POST", headers: { Accept: "text/plain" }, bearer: "apiKey", body: { a: 'say "hi"' } },
      { base: "http://app:8000", options: [] },
      "the-token",
    );
    expect(config.split("\n").slice(7)).toEqual([
      'header = "Accept: text/plain"',
      'header = "Authorization: Bearer the-token"',
      'header = "Content-Type: application/json"',
      'data-raw = "{\\"a\\":\\"say \\\\\\"hi\\\\\\"\\"}"',
      "",
    ]);
  });

  test.each([
    '"',
    "\\",
    '\\"',
    '" -o /etc/passwd "',
    "a\nurl = http://evil",
    "a\r\nb",
    "$(id)",
    "`id`",
    "'",
    "é ✓",
    "\\n",
    "%{json}",
  ])("%j stays one value on one line", (hostile) => {
    const config = curlConfig({ ...probe, method: "POST", body: { hostile } }, target, hostile);
    expect(config.split("\n")).toHaveLength(12);
    expect(lineOf(config, "url").map(readQuoted)).toEqual(["https://tmws.localhost:8443/health"]);
    expect(lineOf(config, "header").map(readQuoted)).toContain(`Authorization: Bearer ${hostile}`);
    expect(JSON.parse(readQuoted(lineOf(config, "data-raw")[0] ?? ""))).toEqual({ hostile });
  });

  test("the shell hands the config on as it is, and no argument shows it", () => {
    const config = curlConfig(probe, target, `a'b"c$(id)\`id\`\\ %s`);
    const [shell, option, script] = curlCommand;
    // `cat` in curl's place tells what curl would read.
    const seen = execFileSync(shell, [option, script.replace("curl --config -", "cat")], {
      encoding: "utf8",
      env: { ...process.env, [curlConfigVariable]: config },
    });
    expect(seen).toBe(config);
    expect(curlCommand.join(" ")).toBe(`sh -c printf '%s' "$SLIPWAY_CURL" | curl --config -`);
  });
});

describe("parseAnswer", () => {
  test.each([
    ["body and status", '{"a":1}\n200', { status: 200, body: '{"a":1}' }],
    ["a body of several lines", "a\n\nb\n\n404", { status: 404, body: "a\n\nb\n" }],
    ["no body", "\n204", { status: 204, body: "" }],
    ["no connection", "curl: (7) Failed to connect\n\n000", undefined],
    ["the error after the status", "\n000curl: (7) Failed to connect\n", undefined],
    ["nothing", "", undefined],
    ["a shell without curl", "sh: curl: not found\n", undefined],
  ])("%s", (_, output, wanted) => {
    expect(parseAnswer(output)).toEqual(wanted);
  });
});

describe("judge", () => {
  const wanting = (expected: HttpProbe["expect"]): HttpProbe => ({ ...probe, expect: expected });

  test("status alone", () => {
    expect(judge(wanting({ status: 401 }), { status: 401, body: "whatever" })).toBeUndefined();
    expect(judge(wanting({ status: 200 }), { status: 503, body: "no server" })).toBe(
      "wanted status 200, got 503 no server",
    );
  });

  test.each([
    ["equal", { status: "healthy" }, '{"status":"healthy"}'],
    ["with more beside it", { status: "healthy" }, '{"status":"healthy","uptime":3}'],
    ["deeper", { redis: { up: true } }, '{"redis":{"up":true,"ms":1}}'],
    ["null", { error: null }, '{"error":null}'],
    ["an item of a list", { list: { 0: "a" } }, '{"list":["a","b"]}'],
  ])("JSON %s proves", (_, json, body) => {
    expect(judge(wanting({ status: 200, json }), { status: 200, body })).toBeUndefined();
  });

  test.each([
    ["another value", { status: "healthy" }, '{"status":"broken"}'],
    ["a missing key", { status: "healthy" }, "{}"],
    ["another type", { n: 1 }, '{"n":"1"}'],
    ["a key that is not the answer's own", { toString: {} }, "{}"],
    ["null for an object", { redis: { up: true } }, '{"redis":null}'],
    ["no JSON", { status: "healthy" }, "<html>"],
    ["nothing", { status: "healthy" }, ""],
  ])("JSON with %s does not", (_, json, body) => {
    expect(judge(wanting({ status: 200, json }), { status: 200, body })).toBe(
      `wanted JSON with ${JSON.stringify(json)}, got 200 ${body}`,
    );
  });

  test("a piece of the text", () => {
    expect(judge(wanting({ status: 200, text: "up 1" }), { status: 200, body: "# HELP\nup 1\n" })).toBeUndefined();
    expect(judge(wanting({ status: 200, text: "up 1" }), { status: 200, body: "up 0" })).toBe(
      'wanted the text "up 1", got 200 up 0',
    );
  });

  test("a long answer is cut", () => {
    expect(judge(wanting({ status: 200 }), { status: 500, body: "x".repeat(10_000) })).toBe(
      `wanted status 200, got 500 ${"x".repeat(500)}`,
    );
  });
});
