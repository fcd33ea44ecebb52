/** Workers that lose no task: Celery on Redis, under a release and when one is killed. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { AnthropicDouble } from "../doubles/anthropic.ts";
import { backUp } from "./support/data.ts";
import { anthropicDouble, configure, diligenceStack, inside, release, tokenOf } from "./support/diligence.ts";
import { Lives } from "./support/events.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { endNow } from "./support/kill.ts";
import { expectOneRelease, expectSuccess, launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";

let double: AnthropicDouble;
let stack: TestStack;
let outside: Outside;
let token: string;

/** Two workers with two tasks at a time each: four at a time. */
const size = { replicas: 1, workers: 2, maxWorkers: 2 };

const counts = z.object({ attempts: z.number(), results: z.number(), by: z.record(z.string(), z.number()) });

async function state(batch: string): Promise<z.output<typeof counts>> {
  const { status, body } = await outside.https("GET", `/api/tasks/${batch}`, { token });
  if (status !== 200) throw new Error(`${status} ${body}`);
  return counts.parse(JSON.parse(body));
}

async function enqueue(batch: string, count: number, seconds: number): Promise<void> {
  const sent = await outside.https("POST", "/api/tasks", { token, body: { batch, count, seconds } });
  expect(sent.status, sent.body).toBe(202);
}

function results(batch: string, count: number, seconds: number): Promise<z.output<typeof counts>> {
  return eventually(
    `${count} results of ${batch}`,
    async () => {
      const found = await state(batch);
      return found.results >= count ? found : undefined;
    },
    seconds,
  );
}

/** Host names of the workers, as they sign their results. */
async function workers(): Promise<readonly string[]> {
  return (await outside.running("worker")).map(({ Id }) => Id.slice(0, 12)).sort();
}

/** When Celery's scheduler in this container said that it starts, in milliseconds of the engine's clock. */
async function beganAt(id: string): Promise<number> {
  const log = await engine.getContainer(id).logs({ stdout: true, stderr: true, timestamps: true });
  const [time] = /\d{4}-\d\d-\d\dT[\d:.]+Z(?= .*beat: Starting)/.exec(log.toString()) ?? [];
  if (time === undefined) throw new Error(`no scheduler began:\n${log}`);
  return Date.parse(time);
}

beforeAll(async () => {
  double = await anthropicDouble();
  stack = await diligenceStack(double, size);
  await configure(stack, { version: "2.4.0", head: "003" });
  outside = await launch(stack);
  token = await tokenOf(outside);
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
});

it("the broker keeps what it is given: it evicts nothing, and every write is in its log", async () => {
  const ask = (name: string) =>
    outside.exec(
      "redis",
      "sh",
      "-c",
      `REDISCLI_AUTH="$(cat /usr/local/etc/redis/password)" redis-cli --user operator config get ${name}`,
    );
  expect(await ask("maxmemory-policy")).toBe("maxmemory-policy\nnoeviction");
  expect(await ask("appendonly")).toBe("appendonly\nyes");
});

it("200 tasks of 2 s, four at a time, a release at the 50th: each is done once, by old and new workers, under one scheduler", async () => {
  const before = await workers();
  const lives = await Lives.watch(stack, "beat");
  try {
    const old = (await outside.inspect("beat")).Id;
    await enqueue("release", 200, 2);
    await results("release", 50, 150);
    expectSuccess(await release(stack, { version: "2.4.1", head: "003" }));
    const after = await workers();
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    const { attempts, results: done, by } = await results("release", 200, 300);
    expect([attempts, done]).toEqual([200, 200]);
    expect(Object.keys(by).sort()).toEqual([...before, ...after].sort());
    console.log(`  results by worker: ${JSON.stringify(by)}`);
    // The new container waits behind its gate while the old scheduler works: what counts is when the process in it began.
    const [scheduler, ...others] = await outside.running("beat");
    expect([others.length, lives.starts]).toEqual([0, 1]);
    expect(scheduler?.Id).not.toBe(old);
    const ended = lives.endOf(old) ?? Number.POSITIVE_INFINITY;
    expect(await beganAt(scheduler?.Id ?? "")).toBeGreaterThan(ended);
  } finally {
    lives.stop();
  }
  await expectOneRelease(stack, 1 + size.workers + 1);
});

it("a set that is taken meanwhile has no task half-done: each that began has ended; afterwards the workers go on, each task done once", async () => {
  // Of the test before, when that has run.
  const { attempts: earlier } = await results("release", 0, 10);
  await enqueue("set", 60, 2);
  await results("set", 8, 60);
  const set = await backUp(stack);
  expect(set.manifest?.oneMoment).toBe(true);
  const { "public.task_attempts": begun = 0, "public.task_results": ended } = set.manifest?.rows ?? {};
  expect(begun).toBe(ended);
  // In the midst of them: had nobody been asked to end, tasks would have been at work.
  expect(begun).toBeGreaterThan(earlier);
  expect(begun).toBeLessThan(earlier + 60);
  const { attempts, results: done } = await results("set", 60, 120);
  expect([attempts, done]).toEqual([60, 60]);
  await expectOneRelease(stack, 1 + size.workers + 1);
});

it("a worker that is killed: its tasks are begun again, each has one effect", async () => {
  await enqueue("kill", 12, 3);
  await eventually("four tasks have begun", async () => ((await state("kill")).attempts >= 4 ? true : undefined));
  const [victim] = await outside.running("worker");
  const container = engine.getContainer(victim?.Id ?? "");
  const { State } = await container.inspect();
  endNow(State.Pid);
  // Redis gives them to another worker when nobody acknowledged them for twice a task's time: 48 s.
  const { attempts, results: done } = await results("kill", 12, 300);
  expect(done).toBe(12);
  expect(attempts).toBe(14);
  await eventually("the engine started it again", async () =>
    (await container.inspect()).State.Running ? true : undefined,
  );
});

it("a process of the pool that is killed: its task is given back at once", async () => {
  await enqueue("child", 4, 6);
  await eventually("they have begun", async () => ((await state("child")).attempts >= 4 ? true : undefined));
  await inside(
    outside,
    "worker",
    "sh",
    "-c",
    `main=$(cat /proc/1/task/1/children); for child in $(cat /proc/\${main%% *}/task/*/children); do kill -9 "$child"; exit; done; exit 1`,
  );
  const { attempts, results: done } = await results("child", 4, 120);
  expect([attempts, done]).toEqual([5, 4]);
});
