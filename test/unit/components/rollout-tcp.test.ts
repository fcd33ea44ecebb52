import { beforeEach, describe, expect, test, vi } from "vitest";
import type { CommandProbe } from "../../../components/probe/spec.ts";
import { deviationOf } from "../../../components/rollout/deviation.ts";
import { candidatePortFor } from "../../../components/rollout/gate.ts";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import {
  definitionOf,
  type RolloutInputs,
  replicaOf,
  trafficOf,
  type WorkloadPlan,
} from "../../../components/rollout/spec.ts";
import { smokeTest } from "../../../components/smoke-test/reconcile.ts";
import type { SmokeTestInputs } from "../../../components/smoke-test/spec.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import {
  newImage,
  newStack,
  oldImage,
  overlapInputs,
  place,
  smokeInputs,
  tcpPlan,
  uncheckedImage,
  webPlan,
  workerPlan,
  wrongImage,
} from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

const validates: CommandProbe = {
  kind: "command",
  name: "validates",
  via: "network",
  workload: "mcp",
  argv: ["validate", "{host}", "{port}"],
  timeoutSeconds: 60,
  report: "session creation: .*",
};

let host: MemoryHost;
beforeEach(() => {
  ({ host } = newStack("overlap", ["mcp-8080"]));
});

/** A system of raw TCP alone, released in overlap. */
function inputs(image: string, more: Partial<RolloutInputs> = {}): RolloutInputs {
  return overlapInputs(image, "a", {
    workloads: [tcpPlan(image)],
    secretEnv: { mcp: { KEY: "the-secret-value" } },
    gate: { probeImage: "sha256:curl", probes: [validates], tokens: {} },
    ...more,
  });
}

/** As the program makes them for a system without https. */
function proofOf(release: string, from: RolloutInputs): SmokeTestInputs {
  const { edge: _, ...base } = smokeInputs(release, from);
  const spec = { image: from.data.image, user: "1000:1000", env: { PLAIN: "1" }, mounts: [], networks: ["private"] };
  const secrets = { KEY: "the-secret-value" };
  const mcp = { ...spec, memoryMb: 512, secrets, at: { host: "switch", port: 3001 } };
  return { ...base, probes: [validates], commands: { mcp } };
}

const images = () => host.running().map(({ spec }) => spec.image);
const sessions = () => host.trace.filter((call) => call.startsWith("create session"));

describe("a raw TCP workload", () => {
  test("is ready by its check, proved at the candidates' port, then switched to; the journal knows how to ask it", async () => {
    await rollOut(host, inputs(oldImage));
    const before = host.trace.length;
    await rollOut(host, inputs(newImage));
    expect(images()).toEqual([newImage]);
    expect(host.trace.slice(before)).toContain("exec check");
    expect(host.validated.map(({ argv, reached }) => [argv, reached])).toEqual([
      [["validate", "switch", "8480"], oldImage],
      [["validate", "switch", "8480"], newImage],
    ]);
    const [box] = host.running();
    expect(host.switch.open("mcp-8080")).toEqual([box?.aliases.at(-1)]);
    expect(host.journal()?.serving).toMatchObject({
      traffic: { "mcp-8080": [box?.aliases.at(-1)] },
      replicas: [{ workload: "mcp", health: ["check"] }],
    });
    expect([host.problems, host.lostWrites()]).toEqual([[], []]);
  });

  test("one that never passes its check is undone", async () => {
    await rollOut(host, inputs(oldImage));
    await expect(rollOut(host, inputs(uncheckedImage))).rejects.toThrow(
      /^phase "ready": the health check of mcp mcp-r\S+-0 \(`check`\) did not pass within 2 s: no broker\n/,
    );
    expect(images()).toEqual([oldImage]);
    expect(host.problems).toEqual([]);
  });

  test("its traffic is told like that of the web", () => {
    const plans = [webPlan(newImage), tcpPlan(newImage), workerPlan(newImage, 1)];
    const replicas = plans.map((plan, at) => replicaOf(plan, `c${at}`, "r1", 0));
    expect(trafficOf(plans, replicas)).toEqual({ "app-8000": ["app-r1-0"], "mcp-8080": ["mcp-r1-0"] });
  });
});

describe("a command probe of candidates", () => {
  test("runs in the product's image on the private network, with the workload's variables, and its session is removed", async () => {
    await rollOut(host, inputs(newImage));
    const [{ spec }] = host.validated as [(typeof host.validated)[number]];
    expect(spec).toMatchObject({
      image: newImage,
      user: "1000:1000",
      env: { PLAIN: "1", KEY: "the-secret-value" },
      mounts: [],
      network: [{ name: "slipway-test_private", aliases: [] }],
      limits: { memoryMb: 2048 },
    });
    expect(host.roles()).toEqual(["workload"]);
  });

  test("that fails undoes the release; the error has exit code and last lines, and no secret", async () => {
    await rollOut(host, inputs(oldImage));
    const error = await rollOut(host, inputs(wrongImage)).then(String, String);
    expect(error).toMatch(
      /phase "probe": probe "validates" \(`validate \{host\} \{port\}`\): exited with 3; its last lines:\n {4}session creation: 12 ms with \*\*\*\n {4}1 of 21 checks failed\n/,
    );
    expect(error).toMatch(/Undone: release r\S+ serves again/);
    expect(error).not.toContain("the-secret-value");
    expect(images()).toEqual([oldImage]);
  });

  test("is asked of its own workload's candidates, and of none when none of them is new", () => {
    const workloads = [webPlan(newImage), workerPlan(newImage, 1), tcpPlan(newImage)];
    const [web, worker, mcp] = workloads.map((plan) => replicaOf(plan, "c", "r1", 0));
    if (web === undefined || worker === undefined || mcp === undefined) throw new Error("three replicas");
    const http = { name: "h", via: "network", method: "GET", path: "/", expect: { status: 200 } } as const;
    expect(candidatePortFor({ workloads }, validates, [web, worker])).toBeUndefined();
    expect(candidatePortFor({ workloads }, validates, [mcp])).toBe(8480);
    expect(candidatePortFor({ workloads }, http, [mcp])).toBeUndefined();
    expect(candidatePortFor({ workloads }, http, [web])).toBe(8480);
  });
});

describe("a system without https, proved", () => {
  test("by its commands at the switch: no session for an edge, nor for curl; what it reports shows no secret", async () => {
    const { release } = await rollOut(host, inputs(newImage));
    const before = sessions().length;
    expect(await smokeTest(host, proofOf(release, inputs(newImage)))).toEqual({
      proved: ["validates"],
      provedRelease: release,
      reports: { validates: ["session creation: 12 ms with ***"] },
    });
    expect(sessions().slice(before)).toEqual(["create session probe-command"]);
    expect(host.validated.at(-1)).toMatchObject({
      argv: ["validate", "switch", "3001"],
      reached: newImage,
      spec: { env: { PLAIN: "1", KEY: "the-secret-value" } },
    });
    expect(host.roles()).toEqual(["workload"]);
  });

  test("a command that fails undoes the release, and no secret is in error or journal", async () => {
    await rollOut(host, inputs(oldImage));
    const wanted = inputs(wrongImage, { gate: { probeImage: "sha256:curl", probes: [], tokens: {} } });
    const { release } = await rollOut(host, wanted);
    const error = await smokeTest(host, proofOf(release, wanted)).then(String, String);
    expect(error).toMatch(/^StepFailure: probe "validates"|^Error: probe "validates"/);
    expect(error).toMatch(/exited with 3[\s\S]*Undone: release r\S+ serves again, every write is kept\./);
    expect(`${error}${JSON.stringify(host.journal())}`).not.toContain("the-secret-value");
    expect(images()).toEqual([oldImage]);
  });

  test("an http probe by an edge that is not there fails in words", async () => {
    const { release } = await rollOut(host, inputs(newImage));
    const probe = { name: "healthy", via: "edge", method: "GET", path: "/", expect: { status: 200 } } as const;
    await expect(smokeTest(host, { ...proofOf(release, inputs(newImage)), probes: [probe] })).rejects.toThrow(
      'probe "healthy" (GET / by edge): the system has no edge',
    );
  });
});

describe("a workload that says how it shows life", () => {
  const alive = (image: string): WorkloadPlan => {
    const plan = tcpPlan(image);
    if (plan.duty.kind !== "tcp") throw new Error("a raw TCP plan");
    const health = { intervalSeconds: 1, timeoutSeconds: 1, startPeriodSeconds: 0, retries: 1 };
    const test = ["CMD", "sh", "-c", "counts"];
    return {
      ...plan,
      container: { ...plan.container, init: true, health: { test, ...health } },
      duty: { ...plan.duty, liveness: ["check", "life"] },
    };
  };

  test("must show it once before users come", async () => {
    const before = host.trace.length;
    await rollOut(host, inputs(newImage, { workloads: [alive(newImage)] }));
    expect(host.trace.slice(before)).toContain("exec check life");
  });

  test("is asked by the bare question when it is brought back: the container's own check counts", () => {
    expect(replicaOf(alive(newImage), "c", "r1", 0).health).toEqual(["check"]);
    const web = webPlan(newImage);
    const health = { test: ["CMD", "curl"], intervalSeconds: 1, timeoutSeconds: 1, startPeriodSeconds: 0, retries: 1 };
    expect(replicaOf({ ...web, container: { ...web.container, health } }, "c", "r1", 0).health).toEqual(["curl"]);
  });

  test("is another definition than one that does not", () => {
    expect(definitionOf(alive(newImage), [])).not.toBe(definitionOf(tcpPlan(newImage), []));
  });

  const baking = { bake: { seconds: 60, triggers: [], prometheus: "" } };

  test("a release that hangs in its bake time is undone, though the engine started it again", async () => {
    await rollOut(host, inputs(oldImage, baking));
    let revived = false;
    host.fault = () => {
      const serving = host.journal()?.serving;
      const candidate = host.running().find(({ spec }) => spec.image === newImage);
      if (!revived && candidate !== undefined && serving?.image === newImage) {
        revived = true;
        host.revive(candidate.id);
      }
      return false;
    };
    await expect(rollOut(host, inputs(newImage, baking))).rejects.toThrow(
      /in its bake time, \d+ s after the switch: mcp-r\S+-0 ended by itself/,
    );
    expect(images()).toEqual([oldImage]);
  });

  test("one that hangs later is no deviation, and the next run releases nothing", async () => {
    await rollOut(host, inputs(oldImage, baking));
    const { release } = await rollOut(host, inputs(newImage, baking));
    const [box] = host.running();
    host.revive(box?.id ?? "");
    const journal = host.journal();
    if (journal === undefined) throw new Error("no journal");
    const seen = await host.list({ "slipway.stack": place.stack, "slipway.role": "workload" });
    expect(deviationOf(journal, seen, false)).toBe("");
    expect((await rollOut(host, inputs(newImage, baking))).release).toBe(release);
    expect(host.running().map(({ id }) => id)).toEqual([box?.id]);
  });
});
