import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import { innerNetwork } from "../../../components/container/spec.ts";
import { ask, type Reply, type Request } from "./aidis-ask.ts";
import { compareWrites } from "./client.ts";
import { engine, eventually, Outside, runner } from "./host.ts";
import { expectRefusal, journalOf } from "./release.ts";
import type { Run } from "./run.ts";
import { TestStack } from "./stack.ts";

const workload = "mcp";

export interface Build {
  readonly version: string;
  readonly head?: "0001_base" | "0002_context_source";
  readonly fault?: string;
  readonly revision?: string;
}

/** A stack that runs AIDIS, and what its tests ask of it. It has no edge: all is asked at the switch, on the private network. */
export class AidisStack {
  readonly stack: TestStack;
  readonly outside: Outside;
  // The switch's config follows from readyTimeoutSeconds: changed between two releases it replaces the switch, and ends every connection.
  readonly #rollout: Readonly<Record<string, unknown>> = { bakeSeconds: 0, drainSeconds: 5, readyTimeoutSeconds: 30 };
  #app: Readonly<Record<string, unknown>> = {};

  private constructor(stack: TestStack) {
    this.stack = stack;
    this.outside = new Outside(stack);
  }

  static async make(): Promise<AidisStack> {
    const stack = await TestStack.make();
    await stack.set(["slipway:system"], "aidis");
    await stack.set(["slipway:redis"], { enabled: false });
    await stack.set(["slipway:image", "build", "context"], "test/workloads/aidis");
    return new AidisStack(stack);
  }

  /** Releases a build of the reference application, with these options of slipway:rollout for this once and these of slipway:app for good. */
  async release(
    { version, head = "0002_context_source", fault = "none", revision = head }: Build,
    rollout: Readonly<Record<string, unknown>> = {},
    app: Readonly<Record<string, unknown>> = {},
  ): Promise<Run> {
    this.#app = { ...this.#app, ...app };
    await this.stack.set(["slipway:rollout"], { ...this.#rollout, ...rollout });
    await this.stack.set(["slipway:image", "build", "args"], { VERSION: version, HEAD: head, FAULT: fault });
    await this.stack.set(["slipway:app"], { ...this.#app, version, schemaRevision: revision });
    return this.stack.slipway("start");
  }

  /** Ids of the servers that run. */
  async servers(): Promise<readonly string[]> {
    return (await this.outside.running(workload)).map(({ Id }) => Id).sort();
  }

  async anyServer(): Promise<string> {
    const [first] = await this.servers();
    if (first === undefined) throw new Error("no server runs");
    return first;
  }

  /** Through the switch, as a client on the private network. */
  async ask(...requests: readonly Request[]): Promise<readonly Reply[]> {
    return ask(await this.anyServer(), requests, "switch");
  }

  /** As the superuser inside the stack's PostgreSQL. */
  sql(statement: string): Promise<string> {
    return this.outside.exec(
      "postgres",
      ...["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "aidis_production", "-c", statement],
    );
  }

  revision(): Promise<string> {
    return this.sql("SELECT name FROM migrations ORDER BY id DESC LIMIT 1");
  }

  /** What the application's role is told when it says this; `database` is another one of the same server. */
  async asApp(statement: string, database?: string): Promise<string> {
    const script = `
      import { Client } from "/app/src/database.mjs";
      const url = new URL(process.env.DATABASE_URL);
      if (process.argv[2]) url.pathname = process.argv[2];
      const client = new Client({ connectionString: url.href });
      try { await client.connect(); await client.query(process.argv[1]); console.log("done"); }
      catch (error) { console.log(error.message); }
      process.exit(0);`;
    const argv = [
      "node",
      "--input-type=module",
      "-e",
      script,
      statement,
      ...(database === undefined ? [] : [database]),
    ];
    return (await runner.exec(await this.anyServer(), { argv })).output.trim();
  }

  /** The journal is closed, exactly the serving release's servers run, and each is healthy. */
  async expectOneRelease(version: string, replicas: number): Promise<void> {
    const journal = await journalOf(this.stack);
    expect(journal.open).toBeUndefined();
    expect(await this.servers()).toEqual((journal.serving?.replicas ?? []).map(({ id }) => id).sort());
    for (const id of await this.servers()) {
      const { output } = await runner.exec(id, { argv: ["aidis-health"] });
      expect(output.trim()).toBe(`aidis-health: healthy, version ${version}`);
    }
    expect((await this.servers()).length).toBe(replicas);
    const answers = await this.ask({ method: "ping" });
    expect(answers.map((one) => one.version)).toEqual([version]);
  }

  /** Does something while clients ask 20 times a second. */
  async loaded<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly tally: Tally }> {
    const load = await Load.start(this);
    let tally: Tally | undefined;
    try {
      const result = await work();
      tally = await load.stop();
      return { result, tally };
    } finally {
      if (tally === undefined) await load.stop();
      else
        console.log(
          `  ${expect.getState().currentTestName ?? ""}: ${JSON.stringify({ ...tally, acknowledged: tally.acknowledged.length, rows: tally.rows.length })}`,
        );
    }
  }

  /** No request failed or was lost; the rows are exactly the acknowledged writes. */
  expectNoFailure(tally: Tally, versions: readonly string[]): void {
    expect(tally.failures).toEqual([]);
    expect(tally.answered).toBe(tally.asked);
    expect(compareWrites(tally.acknowledged, tally.rows)).toEqual({ lost: [], doubled: [] });
    expect([...tally.rows].sort()).toEqual([...tally.acknowledged].sort());
    expect(tally.acknowledged.length).toBeGreaterThan(0);
    expect(Object.keys(tally.versions).sort()).toEqual(versions);
  }

  async expectRefused(up: Run, ...words: readonly (string | RegExp)[]): Promise<void> {
    expectRefusal(up, ...words);
    expect((await journalOf(this.stack)).open).toBeUndefined();
  }
}

const tallyShape = z.object({
  asked: z.number(),
  answered: z.number(),
  reconnects: z.number(),
  longestMs: z.number(),
  versions: z.record(z.string(), z.number()),
  failures: z.array(z.string()),
});

export type Tally = z.infer<typeof tallyShape> & {
  readonly acknowledged: readonly string[];
  readonly rows: readonly string[];
};

/** tcp-load.mjs in a container on the private network, of no label: no release takes it for its own. */
class Load {
  readonly #system: AidisStack;
  readonly #id: string;
  readonly #prefix: string;

  private constructor(system: AidisStack, id: string, prefix: string) {
    this.#system = system;
    this.#id = id;
    this.#prefix = prefix;
  }

  static async start(system: AidisStack): Promise<Load> {
    const prefix = `t${randomBytes(4).toString("hex")}-`;
    const { Image } = await engine.getContainer(await system.anyServer()).inspect();
    const script = readFileSync(join(import.meta.dirname, "tcp-load.mjs"), "utf8");
    const container = await engine.createContainer({
      Image,
      Cmd: ["node", "--input-type=module", "-e", script, "switch", "3001", prefix],
      HostConfig: { NetworkMode: innerNetwork({ stack: system.stack.name, system: "aidis" }, "front") },
    });
    await container.start();
    const load = new Load(system, container.id, prefix);
    await eventually("a first write", async () => ((await load.#rows()).length > 0 ? true : undefined));
    return load;
  }

  async #rows(): Promise<readonly string[]> {
    const found = await this.#system.sql(`SELECT content FROM contexts WHERE content LIKE '${this.#prefix}%'`);
    return found.split("\n").filter((line) => line !== "");
  }

  async stop(): Promise<Tally> {
    await engine.getContainer(this.#id).stop({ t: 20 });
    const lines = (await runner.logs(this.#id, 1_000_000)).trim().split("\n");
    await runner.remove(this.#id);
    const tally = tallyShape.parse(JSON.parse(lines.at(-1) ?? ""));
    return { ...tally, acknowledged: lines.slice(0, -1), rows: await this.#rows() };
  }
}
