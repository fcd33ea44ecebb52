import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import checklist from "../fixtures/tmws-checklist.json" with { type: "json" };
import { eventually, Outside, runner } from "./support/host.ts";
import { TestStack } from "./support/stack.ts";

/** The forms of a check; test/workloads/tmws/README.md says what each key means. */
const check = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    method: z.string(),
    path: z.string(),
    auth: z.boolean(),
    body: z.unknown().optional(),
    status: z.number(),
    json: z.record(z.string(), z.unknown()).optional(),
    jsonMatches: z.record(z.string(), z.string()).optional(),
    responseHeaders: z.record(z.string(), z.string()).optional(),
    save: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal("exec"),
    command: z.array(z.string()),
    contains: z.array(z.string()).optional(),
    fails: z.boolean().optional(),
    save: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("sql"), sql: z.string(), expect: z.string() }),
  z.strictObject({ kind: z.literal("promql"), query: z.string(), series: z.number() }),
]);
type Check = z.infer<typeof check>;
type Of<K extends Check["kind"]> = Extract<Check, { kind: K }>;

let stack: TestStack;
let outside: Outside;
let token: string;
/** Values that one check leaves for a later one. */
const saved = new Map<string, string>();

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  // The guide's port 8001 is optional and off by default.
  await stack.set(["slipway:app"], { licenseApi: "public" });
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
  await outside.healthy();
  token = await outside.exec("app", "tmws", "api-key");
});
afterAll(async () => stack.destroy());

/** `${NAME}` stands for a saved value. */
function filled(text: string): string {
  return text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => saved.get(name) ?? `no value ${name}`);
}

async function http(wanted: Of<"http">): Promise<void> {
  const body: unknown = wanted.body === undefined ? undefined : JSON.parse(filled(JSON.stringify(wanted.body)));
  const reply = await outside.https(wanted.method, filled(wanted.path), { body, ...(wanted.auth && { token }) });
  expect(reply.status, reply.body).toBe(wanted.status);
  const json: unknown = reply.body === "" ? {} : JSON.parse(reply.body);
  if (wanted.json !== undefined) expect(json).toMatchObject(wanted.json);
  expect(reply.headers).toMatchObject(wanted.responseHeaders ?? {});
  const fields = z.record(z.string(), z.unknown());
  for (const [key, pattern] of Object.entries(wanted.jsonMatches ?? {})) {
    expect(String(fields.parse(json)[key])).toMatch(new RegExp(pattern));
  }
  for (const [name, key] of Object.entries(wanted.save ?? {})) saved.set(name, String(fields.parse(json)[key]));
}

async function exec(wanted: Of<"exec">): Promise<void> {
  const { Id } = await outside.inspect("app");
  const finished = await runner.exec(Id, { argv: wanted.command.map(filled) });
  expect(finished.exitCode === 0, finished.output).toBe(wanted.fails !== true);
  for (const part of wanted.contains ?? []) expect(finished.output).toContain(filled(part));
  if (wanted.save !== undefined) saved.set(wanted.save, finished.output.trim());
}

async function promql(wanted: Of<"promql">): Promise<void> {
  await eventually(`${wanted.series} series`, async () =>
    (await outside.query(wanted.query)).length === wanted.series ? true : undefined,
  );
}

async function prove(wanted: Check): Promise<void> {
  switch (wanted.kind) {
    case "http":
      return http(wanted);
    case "exec":
      return exec(wanted);
    case "sql":
      return expect(await outside.sql(filled(wanted.sql))).toBe(wanted.expect);
    case "promql":
      return promql(wanted);
  }
}

describe("everything that the guides name is there and works", () => {
  it.each(checklist.map((entry) => [entry.guide, entry.what, entry.name, entry.check]))(
    "guide %s, %s: %s",
    async (_guide, _what, _name, raw) => {
      await prove(check.parse(raw));
    },
  );
});

describe("the license API at a host name of its own (guide 000, port 8001)", () => {
  const domain = "license.tmws.localhost";

  it("answers the license endpoints, and nothing else of TMWS", async () => {
    const health = await outside.https("GET", "/health", { domain });
    expect(health.status, health.body).toBe(200);
    const body = { licenses: [{ agent_id: "license-host", tier: "PRO" }] };
    expect((await outside.https("POST", "/api/v1/license/import", { domain, body })).status).toBe(401);
    const imported = await outside.https("POST", "/api/v1/license/import", { domain, body, token });
    expect(imported.status, imported.body).toBe(200);
    expect((await outside.https("GET", "/api/v1/memories/search?q=a", { domain, token })).status).toBe(404);
  });
});
