/** Every container of a real stack is counted by its cgroup alone, under its part's name: as the engine counts, through kills, restarts and releases. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { label } from "../../components/container/spec.ts";
import { usageOf } from "../../ops/status/parts.ts";
import { AlertReceiver, type Heard } from "./support/alert-receiver.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { endNow } from "./support/kill.ts";
import { expectNoChanges, expectSuccess } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";
import { launchTelling, watchedStack } from "./support/watched-stack.ts";

const megabyte = 2 ** 20;
const receiver = new AlertReceiver();
let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await watchedStack();
  // A quarter of an hour is half a minute: three starts are within it.
  await stack.set(["slipway:alerts", "factor"], 0.03);
  outside = await launchTelling(stack, receiver);
});
afterAll(async () => {
  await receiver.close();
  await stack?.destroy();
});

interface Sample {
  readonly part: string;
  readonly name: string;
  readonly value: number;
}

async function samples(metric: string): Promise<readonly Sample[]> {
  const found = await outside.query(`slipway_container_${metric}`);
  return found.map((each) => {
    const { part = "", name = "" } = (each as unknown as { metric: Readonly<Record<string, string>> }).metric;
    return { part, name, value: Number(each.value[1]) };
  });
}

async function of(metric: string, part: string): Promise<number> {
  const [only, ...more] = (await samples(metric)).filter((each) => each.part === part);
  if (only === undefined || more.length > 0) throw new Error(`not one ${metric} of ${part}`);
  return only.value;
}

const told = (alert: string, part: string, status: Heard["status"] = "firing"): Promise<Heard> =>
  eventually(
    `${alert} of ${part} is told as ${status}`,
    async () =>
      receiver.heard.find(
        (each) => each.status === status && each.labels["alertname"] === alert && each.labels["part"] === part,
      ),
    240,
  );

/** What runs, as the engine says: `part name` of each. */
async function running(): Promise<readonly string[]> {
  const all = await outside.containers();
  return all
    .filter(({ State }) => State === "running")
    .map(({ Labels, Names }) => `${Labels[label.part]} ${(Names[0] ?? "").replace(/^\//, "")}`)
    .sort();
}

const counted = async () => (await samples("memory_bytes")).map(({ part, name }) => `${part} ${name}`).sort();

/** Every container of the stack and none of anybody else's, by the names of now. */
async function expectAllCounted(): Promise<void> {
  await eventually("what is counted is what runs", async () =>
    (await counted()).join() === (await running()).join() ? true : undefined,
  ).catch(() => undefined);
  expect(await counted()).toEqual(await running());
}

test("every container of the stack is counted by part and name, and no other of this host", async () => {
  await expectAllCounted();
  expect((await running()).length).toBeGreaterThan(9);
  expect((await engine.listContainers()).length).toBeGreaterThanOrEqual((await running()).length);
  await expectNoChanges(stack);
});

test("in peace no container is near what would be told", async () => {
  const held = await samples("memory_held_bytes / slipway_container_memory_limit_bytes");
  const shares = held.map(({ part, value }) => `${part} ${Math.round(100 * value)} %`).sort();
  console.log(`held of the limit: ${shares.join(", ")}`);
  expect(held.filter(({ value }) => value > 0.8)).toEqual([]);
});

test("it runs as nobody, without a capability or the engine's socket, and cannot write a cgroup", async () => {
  const { Config, HostConfig, Mounts } = await outside.inspect("container-exporter");
  expect(Config.User).toBe("65534:65534");
  expect(HostConfig.CapAdd ?? []).toEqual([]);
  expect(HostConfig).toMatchObject({ CapDrop: ["ALL"], Privileged: false, ReadonlyRootfs: true });
  const folders = Mounts.map(({ Type, Source, RW }) =>
    Type === "volume" ? `volume ${RW}` : `${Type} ${Source} ${RW}`,
  );
  expect(folders.sort()).toEqual(["bind /sys/fs/cgroup false", "volume false"]);
  // Of version 1 anybody may write this one file: who does is told of events, and changes nothing.
  const writable = "find /sys/fs/cgroup -type f -writable ! -name cgroup.event_control 2>/dev/null | head -3";
  const script = `${writable}; touch /sys/fs/cgroup/x 2>&1 || true`;
  const said = await outside.exec("container-exporter", "sh", "-c", script);
  expect(said).toMatch(/^touch: .*: Read-only file system$/);
});

test("limits are exactly the engine's; processor time and memory are what the engine says", async () => {
  const engineSays = async (part: string) => {
    const { Id, HostConfig } = await outside.inspect(part);
    const stats = await engine.getContainer(Id).stats({ stream: false });
    return { ...usageOf(stats), cpu: stats.cpu_stats.cpu_usage.total_usage / 1e9, HostConfig };
  };
  for (const part of ["web", "worker", "postgres", "redis", "switch", "edge", "prometheus", "container-exporter"]) {
    const { HostConfig } = await engineSays(part);
    expect(await of("memory_limit_bytes", part), part).toBe(HostConfig.Memory);
    expect(await of("cpu_limit_cores", part), part).toBeCloseTo((HostConfig.NanoCpus ?? 0) / 1e9, 3);
    await eventually(`${part}: both say the same`, async () => {
      const { memoryBytes, cpu } = await engineSays(part);
      const memory = await of("memory_bytes", part);
      const seconds = await of("cpu_seconds_total", part);
      const close = Math.abs(memory - (memoryBytes ?? 0)) < 4 * megabyte && Math.abs(seconds - cpu) < 3;
      return close ? true : undefined;
    });
  }
});

test("50 MB that a process takes are 50 MB more, until it ends", async () => {
  const before = await of("memory_held_bytes", "worker");
  const { Id } = await outside.inspect("worker");
  const script = "import os, time; held = os.urandom(1) * (50 << 20); time.sleep(25)";
  const held = runner.exec(Id, { argv: ["python3", "-c", script] });
  const more = await eventually(
    "they are seen",
    async () => {
      const now = (await of("memory_held_bytes", "worker")) - before;
      return now > 45 * megabyte ? now : undefined;
    },
    25,
  );
  // And the interpreter itself.
  expect(more).toBeLessThan(70 * megabyte);
  await held;
  await eventually("they are gone", async () =>
    (await of("memory_held_bytes", "worker")) - before < 20 * megabyte ? true : undefined,
  );
});

test("the kernel ends a container at its limit: the alert has its part's name, and the count outlives its cgroup", async () => {
  const { Id, Name } = await outside.inspect("worker");
  // Its first process is the one that goes: it offers itself, and each of those that take memory is smaller.
  const offer = "open('/proc/1/oom_score_adj', 'w').write('1000')";
  const take = "for _ in range(4): os.fork()\nb = []\nwhile True: b.append(bytearray(1 << 18))";
  const script = `import os\n${offer}\n${take}`;
  await runner.exec(Id, { argv: ["python3", "-c", script] }).catch(() => undefined);
  const heard = await told("ContainerOutOfMemory", "worker");
  expect(heard.receiver).toBe("oncall-page");
  expect(heard.labels["name"]).toBe(Name.slice(1));
  expect(heard.annotations["summary"]).toBe(
    `the kernel ended a process of worker (${Name.slice(1)}) for lack of memory`,
  );
  expect((await engine.getContainer(Id).inspect()).RestartCount).toBeGreaterThan(0);
  await eventually("it is counted as a start", async () =>
    (await of("starts_total", "worker")) === 1 ? true : undefined,
  );
  expect(await of("out_of_memory_kills_total", "worker")).toBeGreaterThan(0);
  const others = (await samples("out_of_memory_kills_total")).filter(
    ({ part, value }) => part !== "worker" && value > 0,
  );
  expect(others).toEqual([]);
});

test("a container that ends over and over is told by its part's name", async () => {
  const { Id } = await outside.inspect("redis");
  const look = () => engine.getContainer(Id).inspect();
  for (let turn = 1; turn <= 3; turn += 1) {
    const { State, RestartCount } = await look();
    endNow(State.Pid);
    await eventually("the engine started it again", async () => {
      const now = await look();
      return now.RestartCount > RestartCount && now.State.Running && now.State.Pid > 0 ? true : undefined;
    });
  }
  const heard = await told("ContainerRestartLoop", "redis");
  expect(heard.annotations["summary"]).toMatch(/^redis \(.+\) was started again 3(\.\d+)? times within 15 minutes$/);
});

test("after a release the new containers are counted by their names, and the old ones no more", async () => {
  const before = await counted();
  await stack.set(["slipway:app", "extraEnv"], { ANOTHER: "release" });
  expectSuccess(await stack.slipway("start"));
  await expectAllCounted();
  const now = await counted();
  const workloads = (all: readonly string[]) => all.filter((each) => /^(web|worker) /.test(each));
  expect(workloads(now)).toHaveLength(2);
  expect(workloads(now).filter((each) => before.includes(each))).toEqual([]);
  await expectNoChanges(stack);
});

test("the records are there, by part", async () => {
  for (const name of ["memory_bytes", "memory_limit_bytes", "cpu_seconds:rate5m", "cpu_limit_cores"])
    await eventually(name, async () =>
      (await outside.query(`slipway:container_${name}{part="postgres"}`)).length === 1 ? true : undefined,
    );
});
