import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../components/container/spec.ts";
import { deviationOf } from "../../../components/rollout/deviation.ts";
import { knownReleases, planStopFirst, type Serving } from "../../../components/rollout/plan.ts";
import { candidate, candidateAlias, definitionOf, releaseId } from "../../../components/rollout/spec.ts";
import { committed } from "../../../components/steps/journal.ts";
import type { Observed } from "../../../components/steps/runner.ts";
import { rolloutInputs } from "../../doubles/stack.ts";

const release = (id: string) => ({ id, container: `c-${id}`, image: "sha256:i", revision: "a" });

describe("planStopFirst", () => {
  const wanted = { definition: "d", revision: "a" };
  const serving: Serving = { release: release("r1"), running: true, definition: "d", sameSecrets: true };
  const all = ["stop", "back-up", "migrate", "start", "ready", "cut-over"];

  test("nothing to do when the wanted release serves", () => {
    expect(planStopFirst(serving, wanted)).toEqual([]);
  });

  test("the first release begins with a stop too: a workload that nobody knows may be writing", () => {
    expect(planStopFirst(undefined, wanted)).toEqual(all);
  });

  test.each<[string, Partial<Serving>]>([
    ["it is stopped", { running: false }],
    ["its definition differs", { definition: "e" }],
    ["a secret differs", { sameSecrets: false }],
    ["the data have another revision", { release: { ...release("r1"), revision: "b" } }],
  ])("everything when %s", (_, difference) => {
    expect(planStopFirst({ ...serving, ...difference }, wanted)).toEqual(all);
  });
});

describe("the journal's releases", () => {
  test("a commit keeps the one before and the one proved last, forgets older ones, an open one and an undone one", () => {
    const open = { release: "r3", dataTouched: true, set: "set" };
    const journal = {
      serving: release("r2"),
      previous: release("r1"),
      open: { ...open, from: release("r2") },
      undone: { release: "r0", why: "" },
      startedFrom: "old-set",
      proved: "r2",
    };
    expect(committed(journal, release("r3"))).toEqual({
      serving: release("r3"),
      previous: release("r2"),
      startedFrom: "set",
      proved: "r2",
    });
    expect(committed({ open }, release("r3"))).toEqual({ serving: release("r3"), startedFrom: "set" });
  });

  test("known are the serving and the kept one", () => {
    expect([
      ...knownReleases({
        serving: release("r2"),
        previous: release("r1"),
        open: { release: "r3", dataTouched: false },
      }),
    ]).toEqual(["r2", "r1"]);
    expect(knownReleases({}).size).toBe(0);
  });
});

describe("definitionOf", () => {
  const app = rolloutInputs("sha256:i", "a").app;
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

  test("does not depend on the order of keys", () => {
    expect(definitionOf(reversed(app) as ContainerSpec, ["A", "B"])).toBe(definitionOf(app, ["B", "A"]));
    expect(definitionOf(app, [])).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each<[string, Partial<ContainerSpec>]>([
    ["image", { image: "sha256:j" }],
    ["env", { env: { PLAIN: "2" } }],
    ["limits", { limits: { ...app.limits, cpus: 1 } }],
    ["command", { command: ["x"] }],
    ["mounts", { mounts: [] }],
    ["capabilities", { capabilities: ["CHOWN"] }],
    ["user", { user: "0:0" }],
    ["stopGraceSeconds", { stopGraceSeconds: 31 }],
  ])("changes with %s", (_, difference) => {
    expect(definitionOf({ ...app, ...difference }, ["KEY"])).not.toBe(definitionOf(app, ["KEY"]));
  });

  test("changes when a secret is added or withdrawn", () => {
    expect(new Set([[], ["KEY"], ["KEY", "MORE"]].map((names) => definitionOf(app, names))).size).toBe(3);
  });
});

describe("candidate", () => {
  const inputs = rolloutInputs("sha256:i", "a");

  test("the workload under the release's own name and alias, secrets in, restart off until the commit", () => {
    expect(candidate(inputs, "r1")).toEqual({
      ...inputs.app,
      name: "slipway-test_app-r1",
      restart: "no",
      env: { PLAIN: "1", KEY: "the-secret-value" },
      labels: {
        ...inputs.app.labels,
        "slipway.release": "r1",
        "slipway.definition": definitionOf(inputs.app, ["KEY"]),
      },
      network: [{ name: "slipway-test_private", aliases: ["app-r1"] }],
    });
    expect(candidateAlias(inputs.app, "r1")).toBe("app-r1");
  });

  test("no label tells a secret, and no two secrets give two labels", () => {
    const other = candidate({ ...inputs, secretEnv: { KEY: "other" } }, "r1");
    expect(other.labels).toEqual(candidate(inputs, "r1").labels);
    expect(JSON.stringify(other.labels)).not.toContain("other");
  });
});

describe("releaseId", () => {
  test("says when, sorts by it, and differs within a second", () => {
    const now = new Date("2026-11-21T07:05:12.345Z");
    expect(releaseId(now)).toMatch(/^r20261121-070512-[0-9a-f]{4}$/);
    expect(releaseId(new Date("2026-11-21T07:05:13Z")) > releaseId(now)).toBe(true);
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
  const journal = { serving: release("r2"), previous: release("r1") };
  const healthy = [box("r2", "running"), box("r1", "stopped")];

  test("none", () => {
    expect(deviationOf(journal, healthy, false)).toBe("");
    expect(deviationOf({ serving: release("r2") }, [box("r2", "running")], true)).toBe("");
    // Somebody tidied the kept one away: nothing is wrong with what serves.
    expect(deviationOf(journal, [box("r2", "running")], false)).toBe("");
  });

  test.each([
    ["nothing was ever committed", {}, [], false, "no release serves"],
    [
      "a release was cut off",
      { ...journal, open: { release: "r3", dataTouched: true } },
      healthy,
      false,
      "a release was cut off",
    ],
    [
      "a lease is held",
      { ...journal, open: { release: "r3", dataTouched: true } },
      healthy,
      true,
      "a release is in progress or was cut off",
    ],
    [
      "a release was undone",
      { ...journal, undone: { release: "r3", why: "probe" } },
      healthy,
      false,
      "release r3 was undone",
    ],
    ["its container is gone", journal, [box("r1", "stopped")], false, "the container of release r2 is missing"],
    ["its container stopped", journal, [box("r2", "stopped")], false, "the container of release r2 is stopped"],
    ["its container never started", journal, [box("r2", "created")], false, "the container of release r2 is stopped"],
    [
      "strays",
      journal,
      [...healthy, box("r9", "stopped"), box("r8", "running")],
      false,
      "containers of no release: app-r8, app-r9",
    ],
    [
      "the kept one runs",
      journal,
      [box("r2", "running"), box("r1", "running")],
      false,
      "release r1 runs beside the one that serves",
    ],
  ])("%s", (_, known, workloads, leased, words) => {
    expect(deviationOf(known, workloads, leased)).toBe(words);
  });
});
