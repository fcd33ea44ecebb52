import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { backupPath, backupsVolume, setsPath } from "../../../components/backup/spec.ts";
import { label, resourceName } from "../../../components/container/spec.ts";
import { withSession } from "../../../components/steps/session.ts";
import { engine, type Outside, runner } from "./host.ts";
import type { TestStack } from "./stack.ts";

const setShape = z.object({
  name: z.string(),
  purpose: z.string(),
  where: z.string().default("host"),
  ended: z.string(),
  manifest: z
    .object({
      oneMoment: z.boolean(),
      heldSeconds: z.number(),
      rows: z.record(z.string(), z.number()),
      revision: z.string().optional(),
      stores: z.array(z.string()),
    })
    .optional(),
});

export type SetSeen = z.infer<typeof setShape>;

/** `npm run backup`, which must succeed. */
export async function backUp(stack: TestStack): Promise<SetSeen> {
  const run = await stack.slipway("backup", "--json");
  expect(run.code, run.output).toBe(0);
  return setShape.parse(JSON.parse(run.stdout));
}

export async function setsOf(stack: TestStack): Promise<readonly SetSeen[]> {
  const run = await stack.slipway("backup", "--list", "--json");
  expect(run.code, run.output).toBe(0);
  return z.array(setShape).parse(JSON.parse(run.stdout));
}

/** Runs a script as root that sees a stack's sets, and may damage them. */
export async function inSets(stack: TestStack, image: string, ...lines: readonly string[]): Promise<string> {
  const place = { stack: stack.name, system: "" };
  const request = {
    image,
    user: "0:0",
    env: {},
    mounts: [{ volume: resourceName(place, backupsVolume), path: backupPath }],
    network: [],
    memoryMb: 128,
    capabilities: ["DAC_OVERRIDE"],
  };
  return withSession(runner, place, "look", request, (session) =>
    session.must("looking into the sets", { argv: ["sh", "-euc", [`cd ${setsPath}`, ...lines].join("\n")] }),
  );
}

/** Who wants to restore is refused in words, and nothing of the stack changed: containers, volumes, config. */
export async function expectUntouched(
  stack: TestStack,
  outside: Outside,
  refused: () => Promise<{ readonly code: number; readonly output: string }>,
  ...words: readonly string[]
): Promise<void> {
  const before = { containers: await outside.fingerprint(), volumes: await volumesOf(stack) };
  const run = await refused();
  expect(run.code, run.output).not.toBe(0);
  for (const word of words) expect(run.output).toContain(word);
  expect({ containers: await outside.fingerprint(), volumes: await volumesOf(stack) }).toEqual(before);
  await outside.healthy();
}

export async function volumesOf(stack: TestStack): Promise<readonly string[]> {
  const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=${stack.name}`] } });
  return Volumes.map(({ Labels }) => Labels?.[label.part] ?? "").sort();
}

/** Ids of what TMWS remembers, in its database and in its vectors. */
export async function memoryIds(outside: Outside) {
  const ids = async (file: string, table: string) =>
    (await outside.exec("app", "sqlite3", file, `SELECT id FROM ${table} ORDER BY id`)).split("\n");
  return {
    rows: await ids("/app/data/tmws.db", "memories"),
    vectors: await ids("/app/data/chromadb/memories.sqlite3", "embeddings"),
  };
}

/** A user of TMWS who remembers things and spends tokens, which are counted in Redis. */
export class TmwsUser {
  readonly #outside: Outside;
  readonly #token: string;
  readonly agent = `agent-${randomBytes(3).toString("hex")}`;

  private constructor(outside: Outside, token: string) {
    this.#outside = outside;
    this.#token = token;
  }

  static async of(outside: Outside): Promise<TmwsUser> {
    const user = new TmwsUser(outside, await outside.exec("app", "tmws", "api-key"));
    await user.#post("/api/v1/license/import", { licenses: [{ agent_id: user.agent, tier: "PRO" }] }, 200);
    return user;
  }

  async remember(text: string): Promise<void> {
    await this.#post("/api/v1/memories", { text }, 201);
  }

  /** Answers how many tokens are used now. */
  async spend(tokens: number): Promise<number> {
    const body = await this.#post("/api/v1/budget/check", { agent_id: this.agent, tokens }, 200);
    return z.object({ used: z.number() }).parse(JSON.parse(body)).used;
  }

  async #post(path: string, body: unknown, status: number): Promise<string> {
    const reply = await this.#outside.https("POST", path, { token: this.#token, body });
    if (reply.status !== status) throw new Error(`${path}: ${reply.status} ${reply.body}`);
    return reply.body;
  }
}

export async function memories(outside: Outside): Promise<readonly string[]> {
  return (await outside.sql("SELECT text FROM memories ORDER BY text")).split("\n").filter((line) => line !== "");
}
