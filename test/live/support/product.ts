import { randomBytes } from "node:crypto";
import { z } from "zod";
import { backupPath, backupsVolume, setsPath } from "../../../components/backup/spec.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { withSession } from "../../../components/steps/session.ts";
import { Outside, runner } from "./host.ts";
import type { TestStack } from "./stack.ts";

/** One request of a client, and what a good answer to it is. */
export interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  /** Of a write: what its row is found by. */
  readonly key?: string;
}

/** How a client uses a reference application: reads and writes in turn. */
export interface Product {
  ask(place: number): Asked;
  /** The version that a good answer names; undefined when it names none. Throws when the answer is not whole. */
  version(asked: Asked, body: string): string | undefined;
  /** The keys of this product's writes that the database has now. */
  rows(): Promise<readonly string[]>;
}

const ordersAnswer = z.union([
  z.strictObject({ version: z.string(), greeting: z.string() }),
  z.strictObject({ id: z.number(), key: z.string(), version: z.string() }),
]);

/** test/workloads/orders: every answer names its version. */
export function ordersProduct(outside: Outside): Product {
  const prefix = newPrefix();
  return {
    ask(place) {
      if (place % 2 === 0) return { method: "GET", path: "/version", headers: {}, status: 200 };
      const key = `${prefix}${place}`;
      const body = JSON.stringify({ key, item: "test", quantity: 1 });
      return { method: "POST", path: "/orders", body, headers: {}, status: 201, key };
    },
    version({ key }, body) {
      const answer = ordersAnswer.parse(JSON.parse(body));
      if (key !== undefined && !("key" in answer && answer.key === key)) throw new Error(`not the answer to ${key}`);
      return answer.version;
    },
    rows: async () => linesOf(await ordersSql(outside, `SELECT key FROM orders WHERE key LIKE '${prefix}%'`)),
  };
}

/** One order by its key. @throws Error with the answer when it was not taken */
export async function placeOrder(outside: Outside, key: string): Promise<void> {
  const reply = await outside.https("POST", "/orders", { body: { key, item: "test", quantity: 1 } });
  if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
}

/** Of every order in the database, as they came. */
export async function orderKeys(outside: Outside): Promise<readonly string[]> {
  return (await ordersSql(outside, "SELECT key FROM orders ORDER BY id")).split("\n");
}

/** As the superuser inside the stack's PostgreSQL. */
export function ordersSql(outside: Outside, statement: string): Promise<string> {
  return outside.exec(
    "postgres",
    ...["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "orders", "-c", statement],
  );
}

/** How many orders a backup set holds. */
export async function ordersInSet(stack: TestStack, set: string): Promise<number> {
  const dump = `${setsPath}/${set}/database.dump`;
  const argv = ["pg_restore", "--data-only", "--table=orders", "--file=-", dump];
  const lines = (await readSets(stack, { system: "orders", part: "postgres" }, argv)).split("\n");
  const [from, to] = [lines.findIndex((line) => line.startsWith("COPY ")), lines.indexOf("\\.")];
  return to - from - 1;
}

/** How many memories a backup set holds. */
export async function memoriesInSet(stack: TestStack, set: string): Promise<number> {
  // Immutable: a database in WAL mode wants to write beside itself, and the sets are mounted read-only.
  const file = `file:${setsPath}/${set}/database.db?immutable=1`;
  const argv = ["sqlite3", file, "SELECT count(*) FROM memories"];
  return Number(await readSets(stack, { system: "tmws", part: "app" }, argv));
}

/** Runs a command that sees a stack's backup sets. @param part whose image has it */
async function readSets(
  stack: TestStack,
  { system, part }: { readonly system: string; readonly part: string },
  argv: readonly string[],
): Promise<string> {
  const { Image } = await new Outside(stack).inspect(part);
  const place = { stack: stack.name, system };
  const mounts = [{ volume: resourceName(place, backupsVolume), path: backupPath, readOnly: true }];
  const request = { image: Image, user: "1000:1000", env: {}, mounts, network: [], memoryMb: 128 };
  return withSession(runner, place, "look", request, (session) => session.must("reading the set", { argv }));
}

const healthAnswer = z.strictObject({ status: z.literal("healthy"), version: z.string() });
const memoryAnswer = z.strictObject({ id: z.string(), namespace: z.string(), text: z.string() });

/** test/workloads/tmws: reads name the version, each write is a memory. */
export async function tmwsProduct(outside: Outside): Promise<Product> {
  const prefix = newPrefix();
  const headers = { authorization: `Bearer ${await outside.exec("app", "tmws", "api-key")}` };
  return {
    ask(place) {
      if (place % 2 === 0) return { method: "GET", path: "/health", headers: {}, status: 200 };
      const key = `${prefix}${place}`;
      const body = JSON.stringify({ text: key });
      return { method: "POST", path: "/api/v1/memories", body, headers, status: 201, key };
    },
    version({ key }, body) {
      if (key === undefined) return healthAnswer.parse(JSON.parse(body)).version;
      if (memoryAnswer.parse(JSON.parse(body)).text !== key) throw new Error(`not the answer to ${key}`);
      return undefined;
    },
    rows: async () => linesOf(await outside.sql(`SELECT text FROM memories WHERE text LIKE '${prefix}%'`)),
  };
}

/** TMWS counts requests by client address; a client of 20 a second is no flood here. */
export const tmwsRate = { TMWS_RATE_LIMIT_PER_MINUTE: "100000" } as const;

function newPrefix(): string {
  return `t${randomBytes(4).toString("hex")}-`;
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
