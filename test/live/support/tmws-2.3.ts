import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Outside } from "./host.ts";
import type { ModelFiles } from "./ollama.ts";
import { type Product, tmwsRate } from "./product.ts";
import type { Run } from "./run.ts";
import { patientHoldSeconds, TestStack } from "./stack.ts";

/** A stack of TMWS 2.3.1 that was not started yet: the real Ollama beside it, with a tiny model made from a file. */
export async function tmws23Stack(files: ModelFiles): Promise<TestStack> {
  const stack = await TestStack.make();
  await stack.set(["slipway:system"], "tmws-2.3");
  await stack.set(["slipway:redis"], { enabled: false });
  await stack.set(["slipway:image", "build", "context"], "test/workloads/tmws-2.3");
  await stack.set(["slipway:ollama"], { mode: "container", model: "tiny-e5", from: await files.tiny(23) });
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, holdSeconds: patientHoldSeconds });
  await stack.set(["slipway:app"], { extraEnv: tmwsRate });
  return stack;
}

/** What a version of TMWS is released with. */
export interface Version {
  readonly system: "tmws" | "tmws-2.3";
  readonly version: string;
  readonly fault?: string;
}

/** Releases a version in the same stack; its schema is the system's own. */
export async function releaseOf(stack: TestStack, { system, version, fault = "none" }: Version): Promise<Run> {
  await stack.set(["slipway:system"], system);
  await stack.set(["slipway:image", "build"], {
    context: `test/workloads/${system}`,
    args: { VERSION: version, FAULT: fault },
  });
  await stack.set(["slipway:app", "version"], version);
  return stack.slipway("start");
}

/** Where each version has its vectors. */
export const chroma = { "tmws-2.3": "/app/.chroma", tmws: "/app/data/chromadb" } as const;

/**
 * What must be the same in every version: memories, their vectors, the agents of 2.3, secret and key.
 * @param until the memories that were there at that moment; all of them without it. No plain number: SQLite would compare the column as one
 */
export async function dataOf(outside: Outside, system: Version["system"], until = "9999-12-31"): Promise<Data> {
  const then = `created_at <= '${until}'`;
  const vectors =
    `ATTACH '/app/data/tmws.db' AS tmws; SELECT id, namespace, hex(vector) FROM embeddings ` +
    `WHERE id IN (SELECT id FROM tmws.memories WHERE ${then}) ORDER BY id`;
  return {
    moment: await outside.sql(`SELECT max(created_at) FROM memories WHERE ${then}`),
    memories: await outside.sql(`SELECT id, namespace, text, created_at FROM memories WHERE ${then} ORDER BY id`),
    agents: await outside.sql(
      "SELECT count(*), min(agent_id), max(last_seen_at), group_concat(display_name) FROM agents",
    ),
    vectors: await outside.exec("app", "sqlite3", `${chroma[system]}/memories.sqlite3`, vectors),
    key: await outside.exec("app", "tmws", "api-key"),
    secret: await outside.exec("app", "sh", "-c", 'printf %s "$TMWS_SECRET_KEY" | sha256sum'),
  };
}

export interface Data extends Readonly<Record<string, string>> {
  readonly moment: string;
  readonly memories: string;
  readonly vectors: string;
}

const found = z.object({ results: z.array(z.object({ text: z.string(), score: z.number() })) });

/** The texts that are nearest in meaning, best first. */
export async function search(outside: Outside, q: string, limit = 3): Promise<z.infer<typeof found>["results"]> {
  const token = await outside.exec("app", "tmws", "api-key");
  const reply = await outside.https("GET", `/api/v1/memories/search?limit=${limit}&q=${encodeURIComponent(q)}`, {
    token,
  });
  return found.parse(JSON.parse(reply.body)).results;
}

export async function remember(outside: Outside, text: string): Promise<void> {
  const token = await outside.exec("app", "tmws", "api-key");
  const reply = await outside.https("POST", "/api/v1/memories", { token, body: { text } });
  if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
}

const health = z.looseObject({ status: z.enum(["ok", "healthy"]), version: z.string() });
const memory = z.strictObject({ id: z.string(), namespace: z.string(), text: z.string() });

/** An embedding takes a core some 0.3 s, and half a second where others work beside it: two users in a second would be a queue, not a release. */
const writeEvery = 40;

/** Either version: reads name it, each write is a memory that Ollama embedded. */
export async function tmws23Product(outside: Outside): Promise<Product> {
  const prefix = `t${randomBytes(4).toString("hex")}-`;
  const headers = { authorization: `Bearer ${await outside.exec("app", "tmws", "api-key")}` };
  return {
    ask(place) {
      if (place % writeEvery !== 1) return { method: "GET", path: "/health", headers: {}, status: 200 };
      const key = `${prefix}${place}`;
      const body = JSON.stringify({ text: key, id: key });
      return { method: "POST", path: "/api/v1/memories", body, headers, status: 201, key };
    },
    version({ key }, body) {
      if (key === undefined) return health.parse(JSON.parse(body)).version;
      if (memory.parse(JSON.parse(body)).text !== key) throw new Error(`not the answer to ${key}`);
      return undefined;
    },
    rows: async () => {
      const rows = await outside.sql(`SELECT text FROM memories WHERE text LIKE '${prefix}%'`);
      return rows.split("\n").filter((line) => line !== "");
    },
  };
}
