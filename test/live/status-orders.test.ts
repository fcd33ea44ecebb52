/** Status, logs and exec of a system with several replicas, workers and PostgreSQL. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Report, report } from "../../ops/status/report.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.orders();
  await stack.set(["slipway:app"], { replicas: 2, workers: 1 });
  outside = await launch(stack);
});
afterAll(async () => stack.destroy());

async function json(code: number): Promise<Report> {
  const { output, stdout, code: ended } = await stack.slipway("status", "--json");
  expect(ended, output).toBe(code);
  return report.strict().parse(JSON.parse(stdout));
}

it("every replica is an entry of its own, and the stack's own certificates are there", async () => {
  const found = await json(0);
  expect(found.parts.map(({ part, ready, health }) => [part, ready, health])).toEqual([
    ["web", true, "healthy"],
    ["web", true, "healthy"],
    ["worker", null, "none"],
    ["edge", null, "none"],
    ["postgres", null, "healthy"],
    ["prometheus", null, "healthy"],
    ["switch", null, "healthy"],
  ]);
  expect(new Set(found.parts.map(({ container }) => container)).size).toBe(7);
  expect(found.database).toMatchObject({ kind: "postgres", connected: true, revision: "0002_note" });
  expect(found.certificates.map(({ name, source, due }) => [name, source, due])).toEqual([
    ["tmws.localhost", "edge", false],
    ["authority", "stack", false],
    ["postgres-certificate", "stack", false],
  ]);
  const [, authority] = found.certificates;
  expect(Math.round(authority?.daysLeft ?? 0)).toBe(3650);
});

it("one replica of two that is stopped is named, while the other serves", async () => {
  const [first] = await outside.running("web");
  if (first === undefined) throw new Error("no replica runs");
  await engine.getContainer(first.Id).stop({ t: 5 });
  try {
    const { problems, database } = await json(1);
    expect(problems.map(({ part }) => part)).toEqual(["web", "release"]);
    expect(problems[0]?.what).toContain(`${first.Names[0]?.slice(1)} is stopped`);
    expect(database?.connected).toBe(true);
  } finally {
    await engine.getContainer(first.Id).start();
  }
  await eventually("it is healthy again", async () => ((await stack.slipway("status")).code === 0 ? true : undefined));
});

it("a release that is under way is told, and is no fault", async () => {
  await stack.set(["slipway:app", "extraEnv"], { ORDERS_GREETING: "again" });
  const { id: before } = (await json(0)).release ?? {};
  const releasing = stack.begin("start");
  let ended = false;
  const done = releasing.done.finally(() => {
    ended = true;
  });
  const looks: Report[] = [];
  try {
    while (!ended) looks.push(await json(0));
  } finally {
    // Whatever was seen: nobody can destroy a stack that is being changed.
    await done;
  }
  const { code, output } = await done;
  expect(code, output).toBe(0);
  const open = looks.flatMap(({ rollout }) => rollout.open ?? []);
  expect(open.length, `${looks.length} looks`).toBeGreaterThan(0);
  const { release, rollout } = await json(0);
  expect(new Set(open.map((each) => each.release))).toEqual(new Set([release?.id]));
  expect(release).toMatchObject({ proved: true, previous: before });
  expect(rollout).toEqual({ deviation: null, open: null, baking: null, lease: null });
});

it("logs of a workload are of all its replicas, in the order of time", async () => {
  const replicas = await outside.running("web");
  for (const [place, { Id }] of replicas.entries()) {
    const exec = await engine.getContainer(Id).exec({ Cmd: ["sh", "-c", `echo "replica ${place}" > /proc/1/fd/1`] });
    await exec.start({ Detach: true });
    await eventually("it is said", async () => ((await exec.inspect()).Running ? undefined : true));
  }
  const { stdout } = await stack.slipway("logs", "web", "--grep", "^replica ");
  const names = replicas.map(({ Names }) => Names[0]?.split("_")[1]);
  expect(stdout.trimEnd().split("\n")).toEqual(names.map((name, place) => `${name} | replica ${place}`));
});

it("exec psql is the role that owns the database, with its password, over verified TLS", async () => {
  const question = "SELECT current_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
  const { code, stdout, output } = await stack.slipway("exec", "postgres", "psql", "-XAt", "-c", question);
  expect([code, stdout], output).toEqual([0, "orders_owner|orders|t\n"]);
  const superuser = [
    "postgres",
    "psql",
    "-XAt",
    "-h",
    "/var/run/postgresql",
    "-U",
    "postgres",
    "-c",
    "SELECT current_user",
  ];
  expect((await stack.slipway("exec", ...superuser)).stdout).toBe("postgres\n");
  const failed = await stack.slipway("exec", "postgres", "psql", "-Xc", "SELECT nothing");
  expect(failed.code).toBe(1);
});

it("exec in a workload is in its first replica, and in a worker too", async () => {
  const { parts } = await json(0);
  const hosts = await Promise.all(["web", "worker"].map((part) => stack.slipway("exec", part, "cat", "/etc/hostname")));
  for (const [place, { stdout }] of hosts.entries()) {
    const container = parts.find(({ part }) => part === ["web", "worker"][place])?.container ?? "";
    expect((await engine.getContainer(container).inspect()).Id).toContain(stdout.trim());
  }
});
