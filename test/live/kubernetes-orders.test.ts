/** A system on PostgreSQL in a real cluster: launch, releases under load, one that goes back, a pod that dies, what a destroy leaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../ops/free-port.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/host.ts";
import { PodLoad, type PodTally } from "./support/pod-load.ts";
import { expectNoChanges, expectRefusal, expectSuccess } from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

const product = "test/workloads/orders";
const nodePort = 30_000 + ((await freePort()) % 2_700);

let cluster: Cluster;
let stack: TestStack;
let base: string;

const here = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${stack.name}`, ...args);
const sql = (question: string) => here("exec", "postgres-0", "--", "psql", "-XqAt", "-d", "orders", "-c", question);
const podsOf = async (part: string) =>
  (await here("get", "pods", "-l", `slipway.part=${part}`, "-o", "jsonpath={.items[*].metadata.name}"))
    .split(" ")
    .sort();

async function health(): Promise<unknown> {
  const reply = await fetch(`${base}/health`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(5_000),
  });
  return reply.json();
}
const answers = (version: string) =>
  eventually(`${version} answers`, async () => {
    const told = await health().catch(() => undefined);
    expect(told).toEqual({ status: "healthy", version });
    return told;
  });

/** Another build of the same product, on the node and in the config; undone by what it answers. */
async function wanted(version: string, fault = "none", args: Readonly<Record<string, string>> = {}) {
  const undo = await stack.saved();
  const build = { VERSION: version, FAULT: fault, ...args };
  await cluster.bringApplication("orders", product, build);
  await stack.set(["slipway:image", "build", "args"], build);
  await stack.set(["slipway:app", "version"], version);
  return undo;
}

async function underLoad(work: () => Promise<Run>): Promise<{ readonly done: Run; readonly tally: PodTally }> {
  const load = new PodLoad(base);
  try {
    const done = await work();
    const tally = await load.stop();
    const rows = (await sql(`SELECT key FROM orders WHERE key LIKE '${load.prefix}%' ORDER BY key`)).split("\n");
    expect(rows).toEqual([...tally.acknowledged].sort());
    console.log(`  ${expect.getState().currentTestName}: ${tally.asked} requests, ${tally.failed.length} failed`);
    return { done, tally };
  } finally {
    await load.stop();
  }
}

beforeAll(async () => {
  cluster = await Cluster.up();
  await cluster.bringParts("postgres", "curl");
  stack = await TestStack.orders();
  stack.variables = cluster.variables;
  await stack.set(["slipway:platform"], "kubernetes");
  await stack.set(["slipway:kubernetes"], { nodePort, volumeGb: 1 });
  // What pods ask for must fit a node of two cores, those of a rehearsal too.
  await stack.set(["slipway:resources"], { cpus: 0.4, memoryMb: 256 });
  await stack.set(["slipway:prometheus", "enabled"], false);
  await stack.set(["slipway:rollout", "readyTimeoutSeconds"], 30);
  await stack.set(["slipway:rollout", "holdSeconds"], 10);
  await wanted("1.0.0", "none", { HEAD: "0001_orders" });
  await stack.set(["slipway:app", "schemaRevision"], "0001_orders");
  const address = await cluster.kubectl(
    "get",
    "nodes",
    "-o",
    'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}',
  );
  base = `http://${address}:${nodePort}`;
  expectSuccess(await stack.slipway("start"));
});
afterAll(async () => {
  await cluster.remove(stack);
});

describe("launched from nothing", () => {
  it("answers by a port of the nodes, three web replicas and two workers", async () => {
    await answers("1.0.0");
    expect([(await podsOf("web")).length, (await podsOf("worker")).length]).toEqual([3, 2]);
  });

  it("was migrated by the owner, and serves by a role that may change no table", async () => {
    expect(await sql("SELECT version_num FROM alembic_version")).toBe("0001_orders");
    expect(await sql("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'")).toBe("orders_owner");
    expect(
      await sql("SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'orders' AND usename LIKE '%_app'"),
    ).toBe("orders_app");
    expect(
      await sql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'orders_app'"),
    ).toBe("t");
  });

  it("left nothing of the smoke test", async () => {
    expect(await sql("SELECT count(*) FROM orders WHERE key LIKE 'slipway%'")).toBe("0");
  });

  it("shows no change in a second preview", () => expectNoChanges(stack));
});

describe("a release under load", () => {
  it("with a migration fails no request, and every acknowledged write is a row", async () => {
    await wanted("1.1.0");
    await stack.set(["slipway:app", "schemaRevision"], "0002_note");
    const server = await podsOf("postgres");
    const before = [...(await podsOf("web")), ...(await podsOf("worker"))];
    const { done, tally } = await underLoad(() => stack.slipway("start"));
    expectSuccess(done);
    expect(tally.failed).toEqual([]);
    expect(tally.versions).toEqual(["1.0.0", "1.1.0"]);
    expect(await sql("SELECT version_num FROM alembic_version")).toBe("0002_note");
    expect(JSON.parse((await stack.pulumi("stack", "output", "--json")).stdout)).toMatchObject({
      migrated: expect.stringContaining("0001_orders -> 0002_note"),
    });
    const now = await eventually("only new pods are left", async () => {
      const pods = [...(await podsOf("web")), ...(await podsOf("worker"))];
      return pods.length === 5 ? pods : undefined;
    });
    expect(now.filter((pod) => before.includes(pod))).toEqual([]);
    expect(await podsOf("postgres")).toEqual(server);
    await expectNoChanges(stack);
  });

  it("that does not get ready goes back with no request failed; `up` says why; the config set back is no release", async () => {
    const before = await podsOf("web");
    const undo = await wanted("1.2.0", "unhealthy");
    const { done, tally } = await underLoad(() => stack.slipway("start"));
    expectRefusal(
      done,
      /web: release \w+ did not get ready/,
      /Readiness|Startup|Unhealthy/,
      /Undone: the release before serves/,
    );
    expect(tally.failed).toEqual([]);
    expect(tally.versions).toEqual(["1.1.0"]);
    expect((await podsOf("web")).filter((pod) => before.includes(pod))).toEqual(before);
    await undo();
    expectSuccess(await stack.slipway("start"));
    expect((await podsOf("web")).filter((pod) => before.includes(pod))).toEqual(before);
    await answers("1.1.0");
  });

  it("whose workers fail their check goes back, web replicas too", async () => {
    const undo = await wanted("1.3.0", "worker");
    const { done, tally } = await underLoad(() => stack.slipway("start"));
    expectRefusal(done, /worker: release \w+ did not get ready/, /Undone: the release before serves/);
    expect(tally.failed).toEqual([]);
    await answers("1.1.0");
    await undo();
    expectSuccess(await stack.slipway("start"));
  });

  it("that is ready and fails its smoke test goes back", async () => {
    const undo = await wanted("1.3.1", "smoke");
    expectRefusal(await stack.slipway("start"), /takes an order/, /Undone: the release before serves/);
    await answers("1.1.0");
    await undo();
    expectSuccess(await stack.slipway("start"));
    await expectNoChanges(stack);
  });

  it("whose migration fails in the rehearsal touches no pod", async () => {
    const before = [...(await podsOf("web")), ...(await podsOf("worker"))];
    const undo = await wanted("1.4.0", "migration");
    await stack.set(["slipway:app", "schemaRevision"], "0003_broken");
    expectRefusal(await stack.slipway("start"), /migrating to 0003_broken/);
    expect([...(await podsOf("web")), ...(await podsOf("worker"))]).toEqual(before);
    await undo();
    expectSuccess(await stack.slipway("start"));
  });
});

describe("afterwards", () => {
  it("a pod that dies is replaced by Kubernetes, and so is the database's, with its rows", async () => {
    const rows = await sql("SELECT count(*) FROM orders");
    const [first = ""] = await podsOf("web");
    await here("delete", "pod", first, "postgres-0", "--grace-period=0", "--force");
    await here("rollout", "status", "statefulset/postgres", "--timeout=120s");
    await here("rollout", "status", "deployment/web", "--timeout=120s");
    await answers("1.1.0");
    expect(await sql("SELECT count(*) FROM orders")).toBe(rows);
  });

  it("a destroy leaves the namespace with the data, and the next launch has them", async () => {
    const rows = await sql("SELECT count(*) FROM orders");
    expectSuccess(await stack.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview"));
    expect(await here("get", "deployments,statefulsets,pods", "-o", "name")).toBe("");
    expectSuccess(await stack.slipway("start"));
    await answers("1.1.0");
    expect(await sql("SELECT count(*) FROM orders")).toBe(rows);
  });
});
