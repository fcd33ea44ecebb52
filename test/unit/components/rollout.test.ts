import { describe, expect, test } from "vitest";
import { deviationOf } from "../../../components/rollout/deviation.ts";
import { ownerProblem } from "../../../components/rollout/owner.ts";
import { secretsOf } from "../../../components/rollout/redact.ts";
import {
  candidate,
  definitionOf,
  onlyIn,
  releaseDefinition,
  releaseId,
  replicaAlias,
  trafficOf,
  type WorkloadPlan,
} from "../../../components/rollout/spec.ts";
import { wayBack } from "../../../components/rollout/undo.ts";
import {
  committed,
  emptyJournal,
  type Journal,
  knownContainers,
  type Release,
} from "../../../components/steps/journal.ts";
import type { Observed } from "../../../components/steps/runner.ts";
import { rolloutInputs, webPlan, workerPlan } from "../../doubles/stack.ts";

const replica = (id: string, madeBy: string, workload = "app") => ({
  id: `c-${id}`,
  workload,
  alias: `${workload}-${id}`,
  madeBy,
  single: false,
  stopGraceSeconds: 30,
});
const release = (id: string, more: Partial<Release> = {}): Release => ({
  id,
  image: `sha256:${id}`,
  revision: "a",
  reads: [],
  definition: "0123456789abcdef",
  since: "2026-01-01T00:00:00.000Z",
  replicas: [replica(id, id)],
  traffic: { "app-8000": [`app-${id}`] },
  ...more,
});
const journal = (more: Partial<Journal>): Journal => ({ ...emptyJournal, ...more });
const open = { release: "r3", phase: "create", held: false };

describe("the journal's releases", () => {
  test("a commit keeps the one before and the one proved last, forgets older ones, an open one, an undone one and a watch", () => {
    const before = journal({
      owner: "file:///states",
      serving: release("r2"),
      previous: release("r1"),
      open: { ...open, set: "set", migratedBy: "newer", from: release("r2") },
      undone: { release: "r0", definition: "d", why: "" },
      bake: { release: "r2", until: "2026-01-01T00:01:00Z", baseline: {} },
      bad: [{ definition: "d", image: "i", why: "w" }],
      startedFrom: "old-set",
      proved: "r2",
    });
    expect(committed(before, release("r3"))).toEqual({
      version: 2,
      owner: "file:///states",
      serving: release("r3"),
      previous: release("r2"),
      startedFrom: "set",
      migratedBy: "newer",
      proved: "r2",
      bad: [{ definition: "d", image: "i", why: "w" }],
    });
  });

  test("the first one has none before it; one that kept the schema keeps the set from before its last change", () => {
    expect(committed(journal({ open }), release("r3"))).toEqual({ version: 2, bad: [], serving: release("r3") });
    const before = journal({ open: { ...open, set: "of-this-release" }, startedFrom: "old-set", migratedBy: "older" });
    expect(committed(before, release("r3"))).toMatchObject({ startedFrom: "old-set", migratedBy: "older" });
  });

  test("known are the containers of the serving and the kept one", () => {
    const known = journal({ serving: release("r2"), previous: release("r1"), open });
    expect([...knownContainers(known)]).toEqual(["c-r2", "c-r1"]);
    expect(knownContainers(emptyJournal).size).toBe(0);
  });
});

describe("definitionOf", () => {
  const plan = webPlan("sha256:i");
  /** The same value, every record's keys in the opposite order. */
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, each]) => [key, reversed(each)]),
    );
  };

  test("does not depend on the order of keys, nor on how many replicas there are", () => {
    expect(definitionOf(reversed(plan) as WorkloadPlan, ["A", "B"])).toBe(definitionOf(plan, ["B", "A"]));
    expect(definitionOf({ ...plan, replicas: 3 }, [])).toBe(definitionOf(plan, []));
    expect(definitionOf(plan, [])).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each<[string, Partial<WorkloadPlan["container"]>]>([
    ["image", { image: "sha256:j" }],
    ["env", { env: { PLAIN: "2" } }],
    ["limits", { limits: { ...plan.container.limits, cpus: 1 } }],
    ["command", { command: ["x"] }],
    ["mounts", { mounts: [] }],
    ["capabilities", { capabilities: ["CHOWN"] }],
    ["user", { user: "0:0" }],
    ["stopGraceSeconds", { stopGraceSeconds: 31 }],
  ])("changes with %s", (_, difference) => {
    const other = { ...plan, container: { ...plan.container, ...difference } };
    expect(definitionOf(other, ["KEY"])).not.toBe(definitionOf(plan, ["KEY"]));
  });

  test("changes with the duty, and when a secret is added or withdrawn", () => {
    const other: WorkloadPlan = { ...plan, duty: { kind: "worker", check: [], single: false } };
    expect(definitionOf(other, [])).not.toBe(definitionOf(plan, []));
    expect(new Set([[], ["KEY"], ["KEY", "MORE"]].map((names) => definitionOf(plan, names))).size).toBe(3);
  });

  test("of a whole release changes with any workload and with the schema, not with its replicas", () => {
    const inputs = { ...rolloutInputs("sha256:i", "a"), workloads: [webPlan("sha256:i"), workerPlan("sha256:i", 1)] };
    const definitions = [
      inputs,
      { ...inputs, workloads: [webPlan("sha256:i"), workerPlan("sha256:j", 1)] },
      { ...inputs, schema: { ...inputs.schema, target: "b" } },
    ].map(releaseDefinition);
    expect(new Set(definitions).size).toBe(3);
    const scaled = { ...inputs, workloads: [webPlan("sha256:i", 3), workerPlan("sha256:i", 2)] };
    expect(releaseDefinition(scaled)).toBe(definitions[0]);
  });
});

describe("candidate", () => {
  const inputs = rolloutInputs("sha256:i", "a");
  const plan = webPlan("sha256:i");

  test("the workload under the release's own name and alias, secrets in, restart off until the commit", () => {
    expect(candidate(inputs, plan, "r1", 2)).toEqual({
      ...plan.container,
      name: "slipway-test_app-r1-2",
      restart: "no",
      env: { PLAIN: "1", KEY: "the-secret-value" },
      labels: {
        ...plan.container.labels,
        "slipway.release": "r1",
        "slipway.definition": definitionOf(plan, ["KEY"]),
      },
      network: [{ name: "slipway-test_private", aliases: ["app", "app-r1-2"] }],
    });
    expect(replicaAlias("app", "r1", 2)).toBe("app-r1-2");
  });

  test("a worker waits behind its release's gate, which it sees but cannot open", () => {
    const worker = workerPlan("sha256:i", 1);
    const { entrypoint, command, mounts } = candidate(
      inputs,
      { ...worker, container: { ...worker.container, entrypoint: ["tini", "--"] } },
      "r1",
      0,
    );
    expect(entrypoint?.slice(0, 2)).toEqual(["sh", "-c"]);
    expect(entrypoint?.at(-1)).toBe("/var/lib/slipway/gates/r1");
    expect(command).toEqual(["tini", "--", "work"]);
    expect(mounts).toEqual([
      { volume: "slipway-test_data", path: "/app/data" },
      { volume: "slipway-test_journal", path: "/var/lib/slipway", readOnly: true },
    ]);
  });

  test("no label tells a secret, and no two secrets give two labels", () => {
    const other = candidate({ ...inputs, secretEnv: { app: { KEY: "other" } } }, plan, "r1", 0);
    expect(other.labels).toEqual(candidate(inputs, plan, "r1", 0).labels);
    expect(JSON.stringify(other.labels)).not.toContain("other");
  });
});

describe("where requests go", () => {
  test("to the web replicas, by each of their backends; to no worker", () => {
    const web = webPlan("sha256:i", 2);
    const backends = ["app-8000", "app-8001"].map((name, at) => ({ name, candidatePort: 8480 + at }));
    const both: WorkloadPlan = { ...web, duty: { kind: "web", port: 8000, path: "/", json: {}, backends } };
    const replicas = [replica("1", "r1"), replica("2", "r1"), replica("3", "r1", "worker")];
    expect(trafficOf([both, workerPlan("sha256:i", 1)], replicas)).toEqual({
      "app-8000": ["app-1", "app-2"],
      "app-8001": ["app-1", "app-2"],
    });
    expect(trafficOf([both], [])).toEqual({ "app-8000": [], "app-8001": [] });
  });

  test("what only one of two releases has", () => {
    const [a, b, c] = ["1", "2", "3"].map((id) => replica(id, "r1"));
    const one = release("r1", { replicas: [a, b].flatMap((each) => each ?? []) });
    const other = release("r2", { replicas: [b, c].flatMap((each) => each ?? []) });
    expect(onlyIn(one, other)).toEqual([a]);
    expect(onlyIn(one, undefined)).toEqual([a, b]);
  });
});

describe("releaseId", () => {
  test("says when, sorts by it, and differs within a second", () => {
    const now = new Date("2026-11-21T07:05:12.345Z");
    expect(releaseId(now)).toMatch(/^r20261121-070512-[0-9a-f]{4}$/);
    expect(releaseId(new Date("2026-11-21T07:05:13Z")) > releaseId(now)).toBe(true);
  });
});

describe("wayBack: how the data go back with the code, what loses least first", () => {
  const serving = release("r2", { revision: "b", image: "sha256:newer" });
  test.each<[string, Partial<Release>, string | undefined, boolean, ReturnType<typeof wayBack>]>([
    ["the schema was not changed", { revision: "b" }, "set", true, { by: "code" }],
    ["older code reads the newer schema", { reads: ["b"] }, "set", true, { by: "code" }],
    ["there is a downgrade", {}, "set", true, { by: "downgrade", to: "a", image: "sha256:newer" }],
    ["there is a downgrade and no set", {}, undefined, true, { by: "downgrade", to: "a", image: "sha256:newer" }],
    ["there is only a set", {}, "set", false, { by: "restore", set: "set" }],
    ["it reads another revision only", { reads: ["c"] }, "set", false, { by: "restore", set: "set" }],
    ["there is no way", {}, undefined, false, undefined],
  ])("%s", (_, previous, startedFrom, canDowngrade, way) => {
    const known = startedFrom === undefined ? {} : { startedFrom };
    expect(wayBack(known, serving, release("r1", previous), canDowngrade)).toEqual(way);
  });
});

describe("ownerProblem", () => {
  test.each([
    ["nobody released yet", undefined, "file:///a"],
    ["the own state", "file:///a", "file:///a"],
    ["a state that cannot be told", "file:///a", ""],
  ])("none: %s", (_, recorded, own) => {
    expect(ownerProblem(recorded, own, "local")).toBeUndefined();
  });

  test("another state: whose it is, what to do, and the command that takes it", () => {
    expect(ownerProblem("s3://a", "file:///b", "local")).toBe(
      "the stack local on this Docker host belongs to another Pulumi state: s3://a, this one is file:///b. Two states would each undo the other's releases. " +
        "Use that state, or another stack name; to take the stack over: `pulumi config set --path slipway:preflight.takeOver s3://a --stack local`",
    );
  });
});

describe("secretsOf", () => {
  test("each secret, and the password of each address alone, decoded too; nothing empty", () => {
    const { gate } = rolloutInputs("sha256:i", "a");
    expect(
      secretsOf({
        secretEnv: { app: { KEY: "the-key", EMPTY: "" }, worker: { URL: "redis://:p%40ss@redis:6379/0" } },
        dataSecrets: { PGPASSWORD: "the-password" },
        gate: { ...gate, tokens: { apiKey: "the-token" } },
        webhook: "",
      }),
    ).toEqual(["the-key", "redis://:p%40ss@redis:6379/0", "p%40ss", "p@ss", "the-password", "the-token"]);
  });
});

describe("deviationOf", () => {
  const box = (id: string, state: Observed["state"]): Observed => ({
    id: `c-${id}`,
    name: `app-${id}`,
    labels: {},
    state,
    image: "i",
  });
  const known = journal({ serving: release("r2"), previous: release("r1") });
  const healthy = [box("r2", "running"), box("r1", "stopped")];

  test("none", () => {
    expect(deviationOf(known, healthy, false)).toBe("");
    expect(deviationOf(journal({ serving: release("r2") }), [box("r2", "running")], true)).toBe("");
    // Somebody tidied the kept one away: nothing is wrong with what serves.
    expect(deviationOf(known, [box("r2", "running")], false)).toBe("");
    // One that was only scaled shares replicas with the one before it.
    const scaled = release("r2", { replicas: [replica("r1", "r1"), replica("r2", "r2")] });
    const shared = journal({ serving: scaled, previous: release("r1") });
    expect(deviationOf(shared, [box("r1", "running"), box("r2", "running")], false)).toBe("");
  });

  const watched = { release: "r2", until: "2026-01-01T00:01:00Z", baseline: {} };
  test.each<[string, Journal, readonly Observed[], boolean, string]>([
    ["nothing was ever committed", emptyJournal, [], false, "no release serves"],
    ["a release was cut off", { ...known, open }, healthy, false, "a release was cut off"],
    ["a lease is held", { ...known, open }, healthy, true, "a release is in progress or was cut off"],
    [
      "a release was undone",
      { ...known, undone: { release: "r3", definition: "d", why: "probe" } },
      healthy,
      false,
      "release r3 was undone",
    ],
    ["its watch was cut off", { ...known, bake: watched }, healthy, false, "the bake time of release r2 was cut off"],
    ["its container is gone", known, [box("r1", "stopped")], false, "the container app-r2 of release r2 is missing"],
    ["its container stopped", known, [box("r2", "stopped")], false, "the container app-r2 of release r2 is stopped"],
    ["its container never ran", known, [box("r2", "created")], false, "the container app-r2 of release r2 is stopped"],
    [
      "strays",
      known,
      [...healthy, box("r9", "stopped"), box("r8", "running")],
      false,
      "containers of no release: app-r8, app-r9",
    ],
    [
      "the kept one runs",
      known,
      [box("r2", "running"), box("r1", "running")],
      false,
      "release r1 runs beside the one that serves",
    ],
  ])("%s", (_, recorded, workloads, leased, words) => {
    expect(deviationOf(recorded, workloads, leased)).toBe(words);
  });
});
