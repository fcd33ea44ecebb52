/** Releases in overlap: three web replicas and two workers on PostgreSQL, with a client that asks throughout. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { label } from "../../components/container/spec.ts";
import type { Outside } from "./support/host.ts";
import { engine, runner } from "./support/host.ts";
import { Killer } from "./support/kill.ts";
import { previewSteps } from "./support/preview.ts";
import { ordersProduct, ordersSql } from "./support/product.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  expectWholeAnswers,
  launch,
  polled,
  serving,
  versionsOf,
} from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

/** So long that no machine is too slow to end a job in it. */
const stopGraceSeconds = 300;
/** How long a whole release takes on this machine: measured by the first new image. */
let releaseSeconds = 60;

let stack: TestStack;
let outside: Outside;
let bench: Bench;

/** Releases a build of the reference application. */
async function release(version: string, fault = "none"): Promise<Run> {
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, FAULT: fault });
  await stack.set(["slipway:app", "version"], version);
  return stack.slipway("start");
}

async function scale(replicas: number): Promise<Run> {
  await stack.set(["slipway:app", "replicas"], replicas);
  return stack.slipway("start");
}

/** Workers write the name of their host, which is the begin of the container's id. */
const namesOf = (containers: readonly { readonly Id: string }[]) => containers.map(({ Id }) => Id.slice(0, 12));

beforeAll(async () => {
  stack = await TestStack.orders("./test/live/support/orders-probed.system.ts");
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, drainSeconds: 5, stopGraceSeconds });
  await stack.set(["slipway:app"], { version: "1.0.0", replicas: 1 });
  await stack.set(["slipway:image", "build", "args"], { VERSION: "1.0.0", FAULT: "none" });
  outside = await launch(stack);
  bench = { stack, outside, product: () => ordersProduct(outside) };
});
afterAll(async () => stack.destroy());

describe("good releases, and none of them fails a request", () => {
  it("scale from 1 to 3: the first replica and the workers are not touched", async () => {
    const before = await serving(outside);
    const { result, tally, rows } = await polled(bench, () => scale(3));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    const now = await serving(outside);
    expect(now["worker"]).toEqual(before["worker"]);
    expect(now["web"]?.length).toBe(3);
    expect(now["web"]).toEqual(expect.arrayContaining([...(before["web"] ?? [])]));
    await expectOneRelease(stack, 5);
  });

  it("a new image: every web replica and worker is new, the old ones are kept, stopped for good", async () => {
    const before = await serving(outside);
    const began = performance.now();
    const { result, tally, rows } = await polled(bench, () => release("1.1.0"));
    releaseSeconds = Math.ceil((performance.now() - began) / 1000);
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["1.0.0", "1.1.0"]);
    const now = await serving(outside);
    expect({ web: now["web"]?.length, worker: now["worker"]?.length }).toEqual({ web: 3, worker: 2 });
    const old = [...(before["web"] ?? []), ...(before["worker"] ?? [])];
    expect(Object.values(now).flat()).not.toEqual(expect.arrayContaining(old.slice(0, 1)));
    const kept = (await outside.workloads()).filter(({ State }) => State === "exited").map(({ Id }) => Id);
    expect(kept.sort()).toEqual(old.sort());
    await expectOneRelease(stack, 5);
  });

  it("new workers take the jobs", async () => {
    await outside.https("POST", "/jobs", { body: { count: 4, seconds: 0.1 } });
    const names = namesOf(await outside.running("worker"));
    await expect.poll(() => ordersSql(outside, "SELECT count(*) FROM job_results"), { timeout: 60_000 }).toBe("4");
    const took = await ordersSql(outside, "SELECT DISTINCT worker FROM job_results");
    for (const worker of took.split("\n")) expect(names).toContain(worker);
  });

  it("jobs in hand are ended by the old workers, once and within their grace; paused candidates take none", async () => {
    const results = () => ordersSql(outside, "SELECT job_id, worker FROM job_results ORDER BY job_id");
    const [known, old] = [await results(), namesOf(await outside.running("worker"))];
    const from = await ordersSql(outside, "SELECT max(id) FROM jobs");
    const states = async () =>
      (await ordersSql(outside, `SELECT state, worker FROM jobs WHERE id > ${from}`)).split("\n").sort();
    // What is left of a release from its phase "ready" to "retire" is shorter than a whole one.
    const jobSeconds = releaseSeconds;
    const killer = new Killer(stack);
    const { result, tally, rows } = await polled(bench, async () => {
      await stack.set(["slipway:app", "extraEnv", "ORDERS_GREETING"], "with jobs in hand");
      const running = stack.begin("start");
      await killer.atPhase(running, "ready");
      // One for each old worker, longer than what is left of the release, then two for whoever is free: the candidates, but they wait.
      await outside.https("POST", "/jobs", { body: { count: 2, seconds: jobSeconds } });
      await outside.https("POST", "/jobs", { body: { count: 2, seconds: 0.1 } });
      const inHand = old.map((name) => `running|${name}`);
      await expect.poll(states, { timeout: 20_000 }).toEqual([...inHand, "waiting|", "waiting|"].sort());
      expect(await outside.running("worker")).toHaveLength(4);
      await killer.atPhase(running, "retire");
      expect(await states()).toEqual(expect.arrayContaining(inHand));
      return running.done;
    });
    expectSuccess(result);
    expectNoFailure(tally, rows);
    const fresh = namesOf(await outside.running("worker"));
    await expect
      .poll(async () => (await results()).split("\n").length - known.split("\n").length, { timeout: 60_000 })
      .toBe(4);
    const took = (await results())
      .split("\n")
      .slice(-4)
      .map((line) => line.split("|")[1] ?? "");
    expect(took.slice(0, 2).sort()).toEqual(old.toSorted());
    for (const worker of took.slice(2)) expect(fresh).toContain(worker);
    // Asked to stop while it worked, it ended by itself: not killed, and no sooner than its job.
    for (const name of old) {
      const { State } = await engine.getContainer(name).inspect();
      const ended = `SELECT '${State.FinishedAt}' >= started_at + seconds * interval '1 second' FROM jobs WHERE id > ${from} AND worker = '${name}'`;
      expect([State.ExitCode, await ordersSql(outside, ended)]).toEqual([0, "t"]);
    }
    await expectOneRelease(stack, 5);
  });

  it("nothing changed: the preview has no step", async () => {
    expect(await previewSteps(stack)).toEqual([]);
  });

  it("a replica that somebody removed is replaced, and it alone", async () => {
    const before = await serving(outside);
    const [gone = ""] = before["web"] ?? [];
    await runner.remove(gone);
    expect(await previewSteps(stack)).not.toEqual([]);
    expectSuccess(await stack.slipway("start"));
    const now = await serving(outside);
    expect(now["worker"]).toEqual(before["worker"]);
    expect(now["web"]?.filter((id) => before["web"]?.includes(id)).length).toBe(2);
    await expectOneRelease(stack, 5);
    await expectNoChanges(stack);
  });
});

describe("bad releases never get traffic", () => {
  it.each([
    ["a web part that never gets healthy", "unhealthy", 'phase "ready"', "reference fault: unhealthy"],
    ["a worker whose check fails", "worker", 'phase "ready"', "orders-check: reference fault: worker"],
    ["a candidate that fails a probe", "smoke", 'phase "probe"', 'probe "takes an order, inside"'],
  ])("%s", async (_, fault, phase, words) => {
    const before = await serving(outside);
    const { result, tally, rows } = await polled(bench, () => release("1.2.0", fault));
    expectRefusal(result, phase, words, "serves again");
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["1.1.0"]);
    expect(await serving(outside)).toEqual(before);
    await expectOneRelease(stack, 5);
  });

  it("the next good one goes through, with a client that notices nothing", async () => {
    const { result, tally, rows } = await polled(bench, () => release("1.3.0"));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["1.1.0", "1.3.0"]);
    await expectOneRelease(stack, 5);
  });
});

describe("what is left over goes", () => {
  it("scale from 3 to 1: two web replicas stop, all else stays", async () => {
    const before = await serving(outside);
    const { result, tally, rows } = await polled(bench, () => scale(1));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    const now = await serving(outside);
    expect(now["worker"]).toEqual(before["worker"]);
    expect(now["web"]?.length).toBe(1);
    expect(before["web"]).toEqual(expect.arrayContaining([...(now["web"] ?? [])]));
    await expectOneRelease(stack, 3);
  });

  it("two writes of one order are one row, whoever answers", async () => {
    const { tally, rows } = await polled(bench, async () => {
      const order = { key: `again-${stack.name}`, item: "test", quantity: 1 };
      const first = await outside.https("POST", "/orders", { body: order });
      const second = await outside.https("POST", "/orders", { body: order });
      expect([first.status, second.status]).toEqual([201, 200]);
    });
    expectWholeAnswers(tally, rows);
    const containers = await engine.listContainers({ filters: { label: [`${label.stack}=${stack.name}`] } });
    expect(containers.filter(({ State }) => State === "restarting")).toEqual([]);
  });
});
