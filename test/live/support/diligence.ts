import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { AnthropicDouble } from "../../doubles/anthropic.ts";
import { bridgeAddress, eventually, type Outside, runner } from "./host.ts";
import type { Product } from "./product.ts";
import type { Run } from "./run.ts";
import { TestStack } from "./stack.ts";

/** A DOUBLE of Anthropic on the host. */
export async function anthropicDouble(): Promise<AnthropicDouble> {
  return AnthropicDouble.start(await bridgeAddress());
}

/** A stack of the IT Diligence Agent that was not started yet, with the double's address and key. */
export async function diligenceStack(
  double: AnthropicDouble,
  app: Readonly<Record<string, unknown>> = {},
): Promise<TestStack> {
  const stack = await TestStack.make();
  await stack.set(["slipway:system"], "diligence");
  await stack.set(["slipway:image", "build", "context"], "test/workloads/diligence");
  await stack.set(["slipway:rollout", "bakeSeconds"], 0);
  await stack.set(["slipway:rollout", "drainSeconds"], 5);
  await stack.set(["slipway:app"], { anthropicBaseUrl: double.url, ...app });
  const made = await stack.pulumi("stack", "init", "--no-select");
  if (made.code !== 0) throw new Error(made.output);
  await stack.setSecret("slipway:app.anthropicApiKey", double.key);
  return stack;
}

export interface Build {
  readonly version: string;
  readonly head: "002" | "003";
  readonly fault?: string;
  /** The schema that the release wants, when it is not the head. */
  readonly revision?: string;
}

export async function configure(
  stack: TestStack,
  { version, head, fault = "none", revision = head }: Build,
): Promise<void> {
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, HEAD: head, FAULT: fault });
  await stack.set(["slipway:app", "version"], version);
  await stack.set(["slipway:app", "schemaRevision"], revision);
}

/** Releases a build of the reference application. */
export async function release(stack: TestStack, build: Build): Promise<Run> {
  await configure(stack, build);
  return stack.slipway("start");
}

/** A command in the first running container of a part. */
export async function inside(outside: Outside, part: string, ...argv: readonly string[]): Promise<string> {
  const [first] = await outside.running(part);
  if (first === undefined) throw new Error(`nothing of part ${part} runs`);
  const finished = await runner.exec(first.Id, { argv });
  if (finished.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${finished.output}`);
  return finished.output.trim();
}

export function tokenOf(outside: Outside): Promise<string> {
  return inside(outside, "web", "printenv", "API_TOKEN");
}

/** One question to each database: as the superuser inside PostgreSQL, or by the product's own sqlite3. */
export type Sql = (statement: string) => Promise<string>;

export const postgresSql =
  (outside: Outside): Sql =>
  (statement) => {
    const argv = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "itdd", "-c", statement];
    return outside.exec("postgres", ...argv);
  };

export const sqliteSql =
  (outside: Outside): Sql =>
  (statement) =>
    inside(outside, "web", "sqlite3", "-cmd", ".timeout 5000", "/app/data/diligence.db", statement);

const answer = z.union([
  z.strictObject({ version: z.string(), greeting: z.string() }),
  z.strictObject({ id: z.number(), key: z.string(), version: z.string() }),
]);

/** test/workloads/diligence: every answer names its version, each write is a note. */
export async function diligenceProduct(outside: Outside, sql: Sql): Promise<Product> {
  const prefix = `t${randomBytes(4).toString("hex")}-`;
  const headers = { authorization: `Bearer ${await tokenOf(outside)}` };
  return {
    ask(place) {
      if (place % 2 === 0) return { method: "GET", path: "/api/version", headers: {}, status: 200 };
      const key = `${prefix}${place}`;
      return {
        method: "POST",
        path: "/api/notes",
        body: JSON.stringify({ key, text: "test" }),
        headers,
        status: 201,
        key,
      };
    },
    version: (_, body) => answer.parse(JSON.parse(body)).version,
    rows: async () => {
      const found = await sql(`SELECT key FROM notes WHERE key LIKE '${prefix}%'`);
      return found.split("\n").filter((line) => line !== "");
    },
  };
}

/** A run of the sample document by a worker, waited for. */
export async function pipeline(outside: Outside, token: string, deal: string): Promise<unknown> {
  expect((await outside.https("PUT", `/api/deals/${deal}`, { token, body: {} })).status).toBe(200);
  const begun = await outside.https("POST", `/api/deals/${deal}/runs`, { token, body: { id: `run-${deal}` } });
  expect(begun.status, begun.body).toBe(202);
  return eventually("the run is done", async () => {
    const { body } = await outside.https("GET", `/api/deals/${deal}/runs/run-${deal}`, { token });
    const found: unknown = JSON.parse(body);
    return z.object({ state: z.literal("done") }).safeParse(found).success ? found : undefined;
  });
}

/** Guide 004, "API Verification", to the number. */
export const quality = {
  total_items: 51,
  items_with_cost: 39,
  percentage: 76.5,
  by_status: { known: 31, internal_no_cost: 8, unknown: 12 },
};
