/** TMWS 2.4 in a real cluster: launch, a pod that dies, a release, releases that fail, what a destroy leaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../ops/free-port.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/host.ts";
import { expectNoChanges, expectRefusal, expectSuccess } from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

const product = "test/workloads/tmws";
const nodePort = 30_000 + ((await freePort()) % 2_700);

let cluster: Cluster;
let stack: TestStack;
let launched: Run;

const here = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${stack.name}`, ...args);
const sql = (question: string) => here("exec", "deployment/app", "--", "sqlite3", "/app/data/tmws.db", question);
const podOf = (part: string) =>
  here("get", "pods", "-l", `slipway.part=${part}`, "-o", "jsonpath={.items[0].metadata.uid}");
const nodeAddress = () =>
  cluster.kubectl("get", "nodes", "-o", 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');

async function health(): Promise<unknown> {
  const reply = await fetch(`http://${await nodeAddress()}:${nodePort}/health`, { signal: AbortSignal.timeout(5_000) });
  return reply.json();
}

const healthy = { status: "healthy", version: "2.4.0" };
/** A pod that is gone refuses connections: asked again until it answers. */
const answers = () => eventually("it answers", () => health().catch(() => undefined));

beforeAll(async () => {
  cluster = await Cluster.up();
  await cluster.bringParts("redis", "prometheus", "curl");
  await cluster.bringApplication("tmws", product);
  stack = await TestStack.make();
  stack.variables = cluster.variables;
  await stack.set(["slipway:platform"], "kubernetes");
  await stack.set(["slipway:kubernetes"], { nodePort, volumeGb: 1 });
  launched = await stack.slipway("start");
  expectSuccess(launched);
});
afterAll(async () => {
  await cluster.remove(stack);
});

describe("launched from nothing", () => {
  it("answers as the guide says, by a port of the nodes", async () => {
    expect(await answers()).toEqual(healthy);
  });

  it("migrated the 1,000 agents before it served", async () => {
    expect(await sql("SELECT count(*) FROM license_keys WHERE tier = 'FREE'")).toBe("1000");
    expect(await here("logs", "deployment/app", "-c", "handover")).toContain("Migrated 1000 agent(s)");
  });

  it("was proved by every probe, and left nothing of them", async () => {
    expect(JSON.parse((await stack.pulumi("stack", "output", "--json")).stdout)).toMatchObject({
      proved: expect.arrayContaining(["imports a license", "checks a budget in Redis"]),
    });
    expect(await sql("SELECT count(*) FROM agents WHERE agent_id LIKE 'slipway%'")).toBe("0");
  });

  it("runs under Pod Security restricted, with no token of a service account", async () => {
    const pods = JSON.parse(await here("get", "pods", "-o", "json")) as { items: { spec: Record<string, unknown> }[] };
    expect(pods.items).toHaveLength(3);
    for (const { spec } of pods.items)
      expect(spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    const labels = await cluster.kubectl(
      "get",
      "namespace",
      `slipway-${stack.name}`,
      "-o",
      "jsonpath={.metadata.labels}",
    );
    expect(JSON.parse(labels)).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
  });

  it("is scraped by its Prometheus", async () => {
    const query = "http://127.0.0.1:9090/api/v1/query?query=up%7Bjob%3D%22tmws%22%7D";
    await eventually("the target is up", async () => {
      const answer = await here("exec", "prometheus-0", "--", "wget", "-q", "-O", "-", query);
      return answer.includes('"1"]') ? true : undefined;
    });
  });

  it("shows no change in a second preview", () => expectNoChanges(stack));
});

describe("afterwards", () => {
  it("a pod that dies comes back with its data, by Kubernetes itself", async () => {
    const before = await podOf("app");
    await here("delete", "pod", "-l", "slipway.part=app", "--grace-period=0", "--force");
    await eventually("another pod", async () => ((await podOf("app")) === before ? undefined : true));
    await here("rollout", "status", "deployment/app", "--timeout=120s");
    expect(await answers()).toEqual(healthy);
    expect(await sql("SELECT count(*) FROM license_keys")).toBe("1000");
  });

  it("a release replaces the app's pod and nothing else", async () => {
    const [redis, prometheus] = [await podOf("redis"), await podOf("prometheus")];
    await stack.set(["slipway:app", "logLevel"], "WARNING");
    expectSuccess(await stack.slipway("start"));
    expect(await here("exec", "deployment/app", "--", "printenv", "TMWS_LOG_LEVEL")).toBe("WARNING");
    expect([await podOf("redis"), await podOf("prometheus")]).toEqual([redis, prometheus]);
    await expectNoChanges(stack);
  });

  it("a migration that fails in the rehearsal ends no pod", async () => {
    const before = await podOf("app");
    const undo = await faulty("migration");
    expectRefusal(await stack.slipway("start"), /migrating to/);
    expect(await podOf("app")).toBe(before);
    expect(await answers()).toEqual(healthy);
    await undo();
    expectSuccess(await stack.slipway("start"));
  });

  it("a migration that fails on the live data alone leaves them as they were, and `up` says why", async () => {
    const undo = await faulty("migration-live");
    expectRefusal(await stack.slipway("start"), /the migration failed; the data are those of/);
    await undo();
    expectSuccess(await stack.slipway("start"));
    expect(await answers()).toEqual(healthy);
    expect(await sql("SELECT count(*) FROM license_keys")).toBe("1000");
  });

  it("refuses a command for a Docker host, and says what serves instead", async () => {
    expectRefusal(await stack.slipway("down"), "pulumi destroy --exclude-protected");
  });

  it("refuses what one writer cannot have, before anything changes", async () => {
    const undo = await stack.saved();
    await stack.set(["slipway:kubernetes", "autoscale", "max"], 3);
    expectRefusal(await stack.slipway("preview"), /SQLite has one writer at a time/);
    await undo();
  });

  it("a destroy leaves the namespace with the data, and the next launch has them", async () => {
    expectSuccess(await stack.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview"));
    expect(await here("get", "deployments,statefulsets,pods", "-o", "name")).toBe("");
    expectSuccess(await stack.slipway("start"));
    expect(await sql("SELECT count(*) FROM license_keys")).toBe("1000");
  });
});

/** Another image of the same product with that fault and the next schema, on the node and in the config; undone by what it answers. */
async function faulty(fault: string): Promise<() => Promise<void>> {
  const undo = await stack.saved();
  await cluster.bringApplication("tmws", product, { FAULT: fault });
  await stack.set(["slipway:image", "build", "args"], { FAULT: fault });
  await stack.set(["slipway:app", "schemaRevision"], "fault_migration");
  return undo;
}
