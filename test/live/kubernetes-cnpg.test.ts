/** PostgreSQL by CloudNativePG in a real cluster, by the real operator: refused without it, launch, a release under load, a primary that dies, sets, what a destroy leaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { freePort } from "../../ops/free-port.ts";
import { CloudNativePg } from "./support/cloud-native-pg.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/host.ts";
import { PodLoad, type PodTally } from "./support/pod-load.ts";
import { expectNoChanges, expectRefusal, expectSuccess } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

const product = "test/workloads/orders";
const nodePort = 30_000 + ((await freePort()) % 2_700);

let cluster: Cluster;
let operator: CloudNativePg | undefined;
let stack: TestStack;
let base: string;

const here = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${stack.name}`, ...args);
const podsOf = async (...labels: readonly string[]) =>
  (await here("get", "pods", "-l", labels.join(","), "-o", "jsonpath={.items[*].metadata.name}"))
    .split(" ")
    .filter((name) => name !== "")
    .sort();
const uids = () => here("get", "pods", "-l", "cnpg.io/cluster=postgres", "-o", "jsonpath={.items[*].metadata.uid}");
const primary = () =>
  eventually("one server writes", async () => {
    const [pod, ...more] = await podsOf("cnpg.io/instanceRole=primary");
    return more.length === 0 ? pod : undefined;
  });
const sql = async (question: string, database = "orders") =>
  here("exec", await primary(), "-c", "postgres", "--", "psql", "-XqAt", "-d", database, "-c", question);
const clusterOf = (path: string) => here("get", "cluster.postgresql.cnpg.io/postgres", "-o", `jsonpath={${path}}`);
const bothReady = () =>
  eventually(
    "both servers are ready, and one follows without a gap",
    async () => {
      expect(await clusterOf(".status.readyInstances")).toBe("2");
      expect(await clusterOf(".status.phase")).toBe("Cluster in healthy state");
      expect(await sql("SELECT sync_state FROM pg_stat_replication")).toMatch(/^(sync|quorum)$/);
      return true;
    },
    240,
  );

const answers = (version: string) =>
  eventually(`${version} answers`, async () => {
    const signal = AbortSignal.timeout(5_000);
    const reply = await fetch(`${base}/health`, { headers: { connection: "close" }, signal });
    expect(await reply.json()).toEqual({ status: "healthy", version });
    return true;
  });

async function order(key: string): Promise<number> {
  const body = JSON.stringify({ key, item: "test", quantity: 1 });
  const headers = { connection: "close", "content-type": "application/json" };
  return (await fetch(`${base}/orders`, { method: "POST", headers, body })).status;
}

async function wanted(version: string, args: Readonly<Record<string, string>> = {}) {
  const build = { VERSION: version, FAULT: "none", ...args };
  await cluster.bringApplication("orders", product, build);
  await stack.set(["slipway:image", "build", "args"], build);
  await stack.set(["slipway:app", "version"], version);
}

/** Every write that was acknowledged is a row afterwards. */
async function underLoad<T>(
  work: (written: () => Promise<number>) => Promise<T>,
): Promise<{ readonly done: T; readonly tally: PodTally }> {
  const load = new PodLoad(base);
  try {
    const like = `key LIKE '${load.prefix}%'`;
    const done = await work(async () => Number(await sql(`SELECT count(*) FROM orders WHERE ${like}`)));
    const tally = await load.stop();
    const rows = new Set((await sql(`SELECT key FROM orders WHERE ${like}`)).split("\n"));
    expect(tally.acknowledged.filter((key) => !rows.has(key))).toEqual([]);
    const { currentTestName } = expect.getState();
    console.log(
      `  ${currentTestName}: ${tally.asked} requests, ${tally.failed.length} failed, ${tally.acknowledged.length} writes acknowledged and there`,
    );
    return { done, tally };
  } finally {
    await load.stop();
  }
}

beforeAll(async () => {
  cluster = await Cluster.up();
  if (await CloudNativePg.isThere(cluster))
    throw new Error("CloudNativePG is in this cluster already: this test brings its own, and takes it away at its end");
  await cluster.bringParts("postgres", "curl");
  stack = await TestStack.orders();
  stack.variables = cluster.variables;
  await stack.set(["slipway:platform"], "kubernetes");
  await stack.set(["slipway:kubernetes"], {
    nodePort,
    volumeGb: 1,
    postgres: { operator: "cloudnative-pg", instances: 2 },
  });
  // What pods ask for must fit a node of two cores, those of a rehearsal too.
  await stack.set(["slipway:resources"], { cpus: 0.4, memoryMb: 256 });
  await stack.set(["slipway:prometheus", "enabled"], false);
  await stack.set(["slipway:rollout", "holdSeconds"], 10);
  await wanted("1.0.0", { HEAD: "0001_orders" });
  await stack.set(["slipway:app", "schemaRevision"], "0001_orders");
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  base = `http://${await cluster.kubectl("get", "nodes", "-o", path)}:${nodePort}`;
});
afterAll(async () => {
  await cluster.remove(stack);
  await operator?.down();
});

describe("launched from nothing", () => {
  it("is refused where the operator is not, with the command that brings it, before anything is made", async () => {
    expectRefusal(
      await stack.slipway("start"),
      /slipway:kubernetes\.postgres\.operator/,
      /does not know clusters\.postgresql\.cnpg\.io/,
      /kubectl apply --server-side -f \S+cnpg-1\.27\.0\.yaml/,
    );
    expect((await cluster.ask("get", "namespace", `slipway-${stack.name}`)).code).not.toBe(0);
  });

  it("answers, on two servers of which one follows the other without a gap", async () => {
    operator = await CloudNativePg.up(cluster);
    expectSuccess(await stack.slipway("start"));
    await answers("1.0.0");
    await bothReady();
  });

  it("has the database, roles, TLS and settings of a server without operator", async () => {
    expect(await sql("SELECT version_num FROM alembic_version")).toBe("0001_orders");
    expect(await sql("SELECT tableowner FROM pg_tables WHERE tablename = 'orders'")).toBe("orders_owner");
    const app = "usename = 'orders_app'";
    expect(await sql(`SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ${app}`)).toBe("t");
    expect(await sql("SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'postgres'")).toBe("t");
    expect(await sql("SHOW max_connections")).toBe("100");
    expect(await sql("SHOW data_checksums")).toBe("on");
    expect(
      await sql("SELECT concat_ws(' ', datlocprovider, datlocale, datctype) FROM pg_database WHERE datname = 'orders'"),
    ).toBe("b C.UTF-8 C.UTF-8");
  });

  it("lets nobody in without TLS, nor the superuser by network", async () => {
    const ask = (url: string) =>
      cluster.ask(
        ...["--namespace", `slipway-${stack.name}`, "exec", "deployment/web", "--"],
        ...["python3", "-c", `import psycopg; psycopg.connect("${url}")`],
      );
    expect((await ask("host=postgres user=orders_app password=x dbname=orders sslmode=disable")).output).toMatch(
      /pg_hba\.conf rejects connection .* no encryption/,
    );
    expect((await ask("host=postgres user=postgres password=x dbname=orders sslmode=require")).output).toMatch(
      /pg_hba\.conf rejects connection .* user "postgres"/,
    );
  });

  it("shows no change in a second preview", () => expectNoChanges(stack));
});

describe("a release", () => {
  it("with a migration fails no request under load, and touches no server", async () => {
    await wanted("1.1.0");
    await stack.set(["slipway:app", "schemaRevision"], "0002_note");
    const before = await uids();
    const { done, tally } = await underLoad(() => stack.slipway("start"));
    expectSuccess(done);
    expect(tally.failed).toEqual([]);
    expect(await sql("SELECT version_num FROM alembic_version")).toBe("0002_note");
    expect(await uids()).toBe(before);
    await expectNoChanges(stack);
  });
});

describe("the server that writes dies", () => {
  it("and the other one takes over with every write that was acknowledged; the first one follows then", async () => {
    const first = await primary();
    const { done, tally } = await underLoad(async (written) => {
      await eventually("writes are under way", async () => ((await written()) > 100 ? true : undefined));
      const since = Date.now();
      await here("delete", "pod", first, "--grace-period=0", "--force");
      const next = await eventually(
        "another server writes",
        async () => ((await primary()) !== first ? primary() : undefined),
        120,
      );
      await answers("1.1.0");
      await eventually("an order is taken", async () => ((await order("after-the-death")) < 300 ? true : undefined));
      console.log(`  an order was taken ${((Date.now() - since) / 1000).toFixed(1)} s after the death`);
      return next;
    });
    expect(done).not.toBe(first);
    expect(tally.acknowledged.length).toBeGreaterThan(0);
    await bothReady();
    await expectNoChanges(stack);
  });
});

describe("sets", () => {
  it("a restore by a set puts back what was there, and it serves on", async () => {
    const taken = await stack.slipway("backup", "--json");
    expectSuccess(taken);
    const { set } = z.object({ set: z.string() }).parse(JSON.parse(taken.stdout));
    const rows = await sql("SELECT count(*) FROM orders");
    expect(await order("too-late")).toBeLessThan(300);
    expectSuccess(await stack.slipway("restore", "--set", set, "--yes"));
    expect(await sql("SELECT count(*) FROM orders")).toBe(rows);
    await eventually("it takes orders", async () => ((await order("after-all")) < 300 ? true : undefined));
    await bothReady();
  });
});

describe("config", () => {
  it("without the operator is refused: the rows would not come along", async () => {
    await stack.set(["slipway:kubernetes", "postgres"], undefined);
    expectRefusal(
      await stack.slipway("start"),
      /none: the rows of slipway-\S+ are in a Cluster of CloudNativePG/,
      /pulumi config set --path slipway:kubernetes\.postgres\.operator cloudnative-pg/,
    );
    await stack.set(["slipway:kubernetes", "postgres"], { operator: "cloudnative-pg", instances: 2 });
  });
});

describe("a destroy", () => {
  it("leaves the Cluster asleep with its volumes, and the next launch has the rows", async () => {
    const rows = await sql("SELECT count(*) FROM orders");
    expectSuccess(await stack.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview"));
    expect(await here("get", "deployments,statefulsets,pods", "-o", "name")).toBe("");
    expect(await here("get", "persistentvolumeclaims", "-l", "cnpg.io/cluster=postgres", "-o", "name")).toMatch(
      /postgres-1\n.*postgres-2/,
    );
    expectSuccess(await stack.slipway("start"));
    await answers("1.1.0");
    expect(await sql("SELECT count(*) FROM orders")).toBe(rows);
    await bothReady();
    await expectNoChanges(stack);
  });
});
