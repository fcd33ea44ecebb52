import { describe, expect, test } from "vitest";
import step from "../../../components/rollout/cluster.step.ts";
import {
  type ClusterRollout,
  journalOf,
  provedOrBack,
  rollOut,
  type Served,
  servedOf,
  stateOf,
} from "../../../components/rollout/cluster.ts";
import type { Deployed } from "../../../components/steps/deployments.ts";
import { emptyJournal } from "../../../components/steps/journal.ts";
import { deployedOf, withTemplate } from "../../../components/steps/kubernetes-deployments.ts";
import { MemoryDeployments } from "../../doubles/memory-deployments.ts";

const place = { stack: "local", system: "orders" };
const wish = (web: string, worker = web): ClusterRollout => ({
  place,
  releases: { web, worker },
  image: `orders:${web}`,
  revision: "0002_note",
  reads: ["0001_orders"],
  seconds: 60,
});

/** As `up` does: what the provider applies, the rollout, the proof. */
async function released(cluster: MemoryDeployments, web: string, worker = web, prove = passes): Promise<void> {
  cluster.apply("web", web);
  cluster.apply("worker", worker);
  await rollOut(cluster, wish(web, worker), 0);
  await provedOrBack(cluster, wish(web, worker), prove, 0);
}

const passes = async () => "proved";
const fails = async () => {
  throw new Error("probe takes an order: wanted 201, got 500");
};

async function noted(cluster: MemoryDeployments, name: string): Promise<Served | undefined> {
  const found = (await cluster.list()).find((each) => each.name === name);
  return found && servedOf(found);
}

describe("a release in a cluster", () => {
  test("that comes up is noted with what serves", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    expect(await noted(cluster, "web")).toEqual({
      release: "a",
      image: "orders:a",
      revision: "0002_note",
      reads: ["0001_orders"],
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(cluster.setBacks).toEqual([]);
  });

  test("that is waited for again keeps the moment at which it began", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    const before = await noted(cluster, "web");
    await released(cluster, "a", "b");
    expect((await noted(cluster, "web"))?.since).toBe(before?.since);
  });

  test("that does not come up goes back with every workload of it, and the failure says why and what serves", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    cluster.broken.add("b");
    cluster.apply("web", "c");
    cluster.apply("worker", "b");
    await expect(rollOut(cluster, wish("c", "b"), 0)).rejects.toThrow(
      "worker: release b did not get ready, 1 of 3 pods are its own:\npod worker-b-x: BackOff: restarting\napp:\n    the-secret is wrong\n" +
        "Undone: the release before serves (web a, worker a). Mend the cause and run the same command again, or set the config back.",
    );
    expect([cluster.template("web"), cluster.template("worker")]).toEqual(["a", "a"]);
  });

  test("that was gone back from is tried again by the same command", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    cluster.broken.add("b");
    await expect(released(cluster, "b")).rejects.toThrow("Undone");
    cluster.broken.delete("b");
    // The provider believes that it has applied b, and applies nothing.
    await rollOut(cluster, wish("b"), 0);
    expect(cluster.template("web")).toBe("b");
    await provedOrBack(cluster, wish("b"), passes, 0);
    expect((await noted(cluster, "web"))?.release).toBe("b");
  });

  test("that comes up and is not proved goes back, and is tried again by the proof alone", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    await expect(released(cluster, "b", "b", fails)).rejects.toThrow(
      "probe takes an order: wanted 201, got 500\nUndone: the release before serves (web a, worker a).",
    );
    expect([cluster.template("web"), cluster.template("worker")]).toEqual(["a", "a"]);
    expect(await provedOrBack(cluster, wish("b"), passes, 0)).toBe("proved");
    expect(cluster.template("web")).toBe("b");
  });

  test("that was proved keeps serving when a later proof fails: what changed is around it", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    await expect(provedOrBack(cluster, wish("a"), fails, 0)).rejects.toThrow("was proved before and keeps serving");
    expect(cluster.setBacks).toEqual([]);
  });

  test("of which the config was set back is no failure", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    cluster.broken.add("b");
    await expect(released(cluster, "b")).rejects.toThrow("Undone");
    await released(cluster, "a");
    expect(cluster.template("web")).toBe("a");
  });

  test("after one that was cut off goes back to what served, not to what was cut off", async () => {
    const cluster = new MemoryDeployments();
    await released(cluster, "a");
    cluster.apply("web", "cut-off");
    cluster.broken.add("c");
    await expect(released(cluster, "c")).rejects.toThrow("web a, worker a");
    expect(cluster.template("web")).toBe("a");
  });

  test("that is the first one stays to be looked at, and gets its time again when the cause may be mended", async () => {
    const cluster = new MemoryDeployments();
    cluster.broken.add("a");
    await expect(released(cluster, "a")).rejects.toThrow("There is no release to go back to");
    const again = rollOut(cluster, { ...wish("a"), seconds: 30 }, 1);
    cluster.broken.delete("a");
    await again;
    expect(cluster.template("web")).toBe("a");
  });

  test("whose Deployment is gone, or at a release that nobody knows, is refused with what mends it", async () => {
    const cluster = new MemoryDeployments();
    cluster.apply("web", "a");
    await expect(rollOut(cluster, wish("a"), 0)).rejects.toThrow(
      "the Deployment worker is not there; mend: pulumi refresh",
    );
    cluster.apply("worker", "by-hand");
    await expect(rollOut(cluster, wish("a"), 0)).rejects.toThrow(
      "worker is at release by-hand, not a; mend: pulumi refresh",
    );
  });

  test("runs again for another template or a changed Deployment, not for a password that is hidden or a longer wait", () => {
    const before = { releases: { web: "a" }, generations: { web: "u/1" }, hidden: ["x"], seconds: 60 };
    expect(step.changed(before, { ...before, hidden: ["y"], seconds: 70 })).toEqual([]);
    expect(step.changed(before, { ...before, generations: { web: "u/2" } })).toEqual(["generations"]);
  });
});

describe("the state of a Deployment", () => {
  const pods = { wanted: 3, all: 3, updated: 3, available: 3 };
  const some: Deployed = { name: "web", release: "b", seen: true, pods, sets: [{ name: "web-1", release: "b" }] };
  const late = 'ReplicaSet "web-1" has timed out progressing.';
  test.each<[string, Partial<Deployed>, string]>([
    ["all pods are its own", {}, "ready"],
    ["its controller has not looked", { seen: false }, "coming"],
    ["one of the release before is left", { pods: { ...pods, all: 4 } }, "coming"],
    ["one is not available", { pods: { ...pods, available: 2 } }, "coming"],
    ["no progress in time", { pods: { ...pods, available: 2 }, late }, "late"],
    ["late, said of a set before", { pods: { ...pods, available: 2 }, late: late.replace("web-1", "web-0") }, "coming"],
    ["late, and there after all", { late }, "ready"],
  ])("%s", (_, change, state) => {
    expect(stateOf({ ...some, ...change })).toBe(state);
  });
});

test("a migration learns of the release that began last", () => {
  const note = (release: string, since: string) =>
    JSON.stringify({ release, image: `orders:${release}`, revision: "0001_orders", reads: [], since });
  const deployed = (name: string, served?: string): Deployed => ({
    name,
    release: "c",
    seen: true,
    pods: { wanted: 1, all: 1, updated: 1, available: 1 },
    sets: [],
    ...(served !== undefined && { served }),
  });
  expect(journalOf([deployed("web")])).toEqual(emptyJournal);
  const all = [
    deployed("web", note("a", "2026-01-01T00:00:00.000Z")),
    deployed("worker", note("b", "2026-01-02T00:00:00.000Z")),
  ];
  expect(journalOf(all).serving).toEqual({
    id: "b",
    image: "orders:b",
    revision: "0001_orders",
    reads: [],
    since: "2026-01-02T00:00:00.000Z",
    definition: "b",
    replicas: [],
    traffic: {},
  });
});

describe("what the API server tells", () => {
  const labels = { "slipway.release": "b" };
  const template = { metadata: { labels } };
  const replicaSet = (name: string, uid: string, release: string) => ({
    metadata: { name, ownerReferences: [{ uid, apiVersion: "apps/v1", kind: "Deployment", name: "web" }] },
    spec: {
      selector: {},
      template: { metadata: { labels: { "slipway.release": release, "pod-template-hash": name } } },
    },
  });
  const deployment = {
    metadata: {
      name: "web",
      namespace: "slipway-local",
      uid: "u",
      generation: 4,
      labels: { "slipway.part": "web" },
      annotations: { "pulumi.com/skipAwait": "true", "deployment.kubernetes.io/revision": "4", "slipway/served": "{}" },
      managedFields: [
        { manager: "pulumi-kubernetes-1", operation: "Apply", fieldsV1: { "f:spec": { "f:template": {} } } },
        { manager: "kube-controller-manager", operation: "Update", subresource: "status" },
      ],
    },
    spec: { replicas: 5, selector: { matchLabels: { "slipway.part": "web" } }, template },
    status: {
      observedGeneration: 3,
      replicas: 4,
      updatedReplicas: 1,
      availableReplicas: 3,
      conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "late" }],
    },
  };

  test("is read into the words of the rollout, sets of other Deployments aside", () => {
    expect(deployedOf(deployment, [replicaSet("web-1", "u", "a"), replicaSet("other", "v", "a")])).toEqual({
      name: "web",
      release: "b",
      seen: false,
      pods: { wanted: 5, all: 4, updated: 1, available: 3 },
      late: "late",
      sets: [{ name: "web-1", release: "a" }],
      served: "{}",
    });
  });

  test("goes back in the provider's own name, without what controllers wrote and an autoscaler decides", () => {
    const { template: old } = replicaSet("web-1", "u", "a").spec;
    expect(withTemplate(deployment, { ...old, spec: { containers: [] } })).toEqual({
      manager: "pulumi-kubernetes-1",
      document: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
          name: "web",
          namespace: "slipway-local",
          labels: { "slipway.part": "web" },
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          selector: { matchLabels: { "slipway.part": "web" } },
          template: { metadata: { labels: { "slipway.release": "a" } }, spec: { containers: [] } },
        },
      },
    });
  });

  test("keeps replicas that are the provider's, and refuses what nobody applied", () => {
    const [first] = deployment.metadata.managedFields;
    const own = { ...first, fieldsV1: { "f:spec": { "f:replicas": {} } } };
    const scaled = { ...deployment, metadata: { ...deployment.metadata, managedFields: [own] } };
    expect(withTemplate(scaled, template).document.spec).toMatchObject({ replicas: 5 });
    const byHand = { ...deployment, metadata: { ...deployment.metadata, managedFields: [] } };
    expect(() => withTemplate(byHand, template)).toThrow("the Deployment web was applied by nobody");
  });
});
