import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { listSeries } from "../../../components/archive/recover.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { postgresDataPath } from "../../../components/postgres/spec.ts";
import { withSession } from "../../../components/steps/session.ts";
import { script } from "../../../components/steps/shell.ts";
import { dataPart } from "../../../components/volumes/spec.ts";
import { type DataFacts, factsOf } from "../../../ops/data/facts.ts";
import { say } from "../../../toolchain/phases.ts";
import { engine, eventually, Outside, runner } from "../../live/support/host.ts";
import { ordersSql } from "../../live/support/product.ts";
import type { Run } from "../../live/support/run.ts";
import type { TestStack } from "../../live/support/stack.ts";
import { timing } from "../statistics.ts";
import { plainRestore } from "./plain.ts";
import { type Found, type Restored, type Size, sizes, type Written } from "./spec.ts";
import { type Load, write } from "./writer.ts";

/** How long each load lasts; a fault comes in its middle. */
const loadSeconds = 20;

/** test/workloads/orders, whose data are lost and restored as its user would. */
export class DataBench {
  readonly #stack: TestStack;
  readonly #outside: Outside;

  private constructor(stack: TestStack) {
    this.#stack = stack;
    this.#outside = new Outside(stack);
  }

  static async launch(stack: TestStack): Promise<DataBench> {
    await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 60, drainSeconds: 5 });
    await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
    await stack.set(["slipway:backup"], { continuous: true });
    const bench = new DataBench(stack);
    await bench.#start();
    return bench;
  }

  /** The server is killed as by a loss of power, its volume stays. */
  async killed(): Promise<Found["killed"]> {
    return this.#fault("killed", async () => {
      const { Id } = await this.#outside.inspect("postgres");
      await engine.getContainer(Id).restart({ t: 0 });
    });
  }

  /** Everything on its volume is gone; what the archive has received is restored by the command. */
  async lost(): Promise<Found["lost"]> {
    await this.#baseBackup();
    return this.#fault("lost", async () => {
      const { Id, Image } = await this.#outside.inspect("postgres");
      await engine.getContainer(Id).kill();
      await this.#wipe(Image);
      return () => this.#restoreNewest();
    });
  }

  /** Rounds with a log that is received and without, in turn. */
  async writes(rounds: number): Promise<readonly Written[]> {
    const found: Written[] = [];
    for (let round = 0; round < rounds * 2; round += 1) {
      const continuous = round % 2 === 0;
      await this.#stack.set(["slipway:backup"], { continuous });
      await this.#start();
      await this.#load(`warm${round}-`, 5);
      const { seconds } = await this.#load(`round${round}-`, loadSeconds);
      const { median } = timing(seconds);
      say(`writes, log ${continuous ? "received" : "not received"}: ${(median * 1000).toFixed(1)} ms`);
      found.push({ continuous, median });
    }
    return found;
  }

  /** One set, restored by ours and by pg_restore in turn. */
  async restores(size: Size, rounds: number): Promise<readonly Restored[]> {
    await this.#fill(sizes[size]);
    const taken = succeeded(await this.#stack.slipway("backup", "--json"));
    const { name } = z.object({ name: z.string() }).parse(JSON.parse(taken.stdout));
    const found: Restored[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const began = performance.now();
      succeeded(await this.#stack.slipway("restore", "--set", name, "--no-emergency", "--yes"));
      await this.#outside.healthy();
      const ours = (performance.now() - began) / 1000;
      succeeded(await this.#stack.slipway("restore", "--forget-old"));
      const plain = await plainRestore(runner, await this.#facts(), name);
      say(`${size}, round ${round}: ours ${ours.toFixed(1)} s, pg_restore ${plain.toFixed(1)} s`);
      found.push({ size, ours, plain });
    }
    return found;
  }

  /** Writes before, during and after a fault, then asks what is there. @param act answers what mends it, when nothing does by itself */
  async #fault(prefix: string, act: () => Promise<(() => Promise<void>) | void>): Promise<Found["lost"]> {
    const loaded = this.#load(`${prefix}-`, loadSeconds);
    await pause((loadSeconds / 2) * 1000);
    const mend = await act();
    const { acknowledged, unanswered } = await loaded;
    await mend?.();
    await this.#outside.healthy();
    const rows = await ordersSql(this.#outside, `SELECT key FROM orders WHERE key LIKE '${prefix}-%'`);
    say(`${prefix}: ${acknowledged.size} writes acknowledged, ${unanswered} not`);
    return { acknowledged, kept: new Set(rows.split("\n")) };
  }

  async #load(prefix: string, seconds: number): Promise<Load> {
    const { Networks } = (await this.#outside.inspect("web")).NetworkSettings;
    const address = Object.values(Networks).find(({ IPAddress }) => IPAddress)?.IPAddress;
    if (address === undefined) throw new Error("the product has no address");
    return write(`http://${address}:8000/orders`, prefix, AbortSignal.timeout(seconds * 1000));
  }

  async #start(): Promise<void> {
    succeeded(await this.#stack.slipway("start"));
    await this.#outside.healthy();
  }

  async #facts(): Promise<DataFacts> {
    const { stdout } = succeeded(await this.#stack.pulumi("stack", "export", "--show-secrets"));
    return factsOf(this.#stack.name, stdout);
  }

  /** Without one nothing could be restored: what the first hours of a stack have to wait for as well. */
  async #baseBackup(): Promise<void> {
    const { Image } = await this.#outside.inspect("postgres");
    const place = { stack: this.#stack.name, system: "orders" };
    await eventually(
      "there is a base backup",
      async () => ((await listSeries(runner, place, Image)).at(-1)?.bases.length ?? 0) > 0 || undefined,
      120,
    );
  }

  async #wipe(image: string): Promise<void> {
    const { place } = await this.#facts();
    const volume = resourceName(place, dataPart(place, "postgres-data"));
    const capabilities = ["DAC_OVERRIDE"];
    const mounts = [{ volume, path: postgresDataPath }];
    const request = { image, user: "0:0", env: {}, mounts, network: [], memoryMb: 64, capabilities };
    await withSession(runner, place, "wipe", request, (session) =>
      session.must("losing the data", { argv: script(`find ${postgresDataPath} -mindepth 1 -delete`) }),
    );
  }

  /** As its user would: to now, and when the log does not reach that, to the last moment that it names. */
  async #restoreNewest(): Promise<void> {
    const to = (at: string) => this.#stack.slipway("restore", "--at", at, "--no-emergency", "--yes");
    const first = await to(new Date().toISOString());
    const [, last] = /--at (\S+) restores that/.exec(first.output) ?? [];
    succeeded(first.code === 0 || last === undefined ? first : await to(last));
  }

  async #fill(megabytes: number): Promise<void> {
    say(`filling ${megabytes} MB`);
    const text = "(SELECT string_agg(md5(random()::text || g || i), '') FROM generate_series(1, 32) i)";
    // Rows of the product's own: a table more would be a schema that a hand has changed, which no release takes.
    const sql = [
      "SET ROLE orders_owner",
      "DELETE FROM orders WHERE key LIKE 'filling-%'",
      `INSERT INTO orders (key, item, quantity) SELECT 'filling-' || g, ${text}, 1 FROM generate_series(1, ${megabytes * 1024}) g`,
    ];
    await ordersSql(this.#outside, sql.join("; "));
  }
}

function succeeded(run: Run): Run {
  if (run.code !== 0) throw new Error(run.output);
  return run;
}
