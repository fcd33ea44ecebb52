import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Live,
  modes,
  type Phase,
  type Plan,
  planRelease,
  type Serving,
  type Wanted,
} from "../../../components/rollout/plan.ts";
import type { Release } from "../../../components/steps/journal.ts";

const overlapping: readonly Phase[] = ["create", "start", "ready", "probe", "switch", "drain", "retire", "commit"];
const closing: readonly Phase[] = ["switch", "drain", "retire", "commit"];
const stopFirst: readonly Phase[] = [
  ...(["create", "hold", "stop", "back-up", "start", "ready", "probe", "switch", "commit"] as const),
];
const migrating = stopFirst.flatMap((phase): Phase[] => (phase === "start" ? ["migrate", "start"] : [phase]));

const live = (id: string, difference: Partial<Live> = {}): Live => {
  const workload = id.replace(/\d+$/, "");
  const replica = { id, workload, alias: id, madeBy: "r1", single: false, stopGraceSeconds: 30 };
  return { replica, running: true, definition: "d", sameSecrets: true, ...difference };
};

/** What serves: `lost` are replicas that somebody removed from the host. */
function serving(all: readonly Live[], lost: readonly string[] = []): Serving {
  const replicas = [...all, ...lost.map((id) => live(id))].map(({ replica }) => replica);
  const release: Release = {
    id: "r1",
    image: "sha256:i",
    revision: "a",
    reads: [],
    definition: "d",
    since: "2026-01-01T00:00:00Z",
    replicas,
    traffic: {},
  };
  return { release, live: all };
}

const wanted = (mode: Wanted["mode"], app: number, worker = 0, more: Partial<Wanted> = {}): Wanted => ({
  mode,
  workloads: [
    { name: "app", replicas: app, definition: "d" },
    { name: "worker", replicas: worker, definition: "d" },
  ],
  migrates: false,
  ...more,
});

/** In short: phases, what stays, what is made, what goes. */
const short = ({ phases, keep, create, retire }: Plan) => ({
  phases,
  keep: keep.map(({ id }) => id),
  create: create.map(({ workload, index }) => `${workload}#${index}`),
  retire: retire.map(({ id }) => id),
});
const nothing = (...keep: string[]): ReturnType<typeof short> => ({ phases: [], keep, create: [], retire: [] });

describe("planRelease in overlap: only what differs is replaced", () => {
  const two = [live("app1"), live("app2")];
  test.each<[string, Serving | undefined, Wanted, ReturnType<typeof short>]>([
    [
      "the wanted one serves",
      serving([...two, live("worker1")]),
      wanted("overlap", 2, 1),
      nothing("app1", "app2", "worker1"),
    ],
    [
      "nothing serves",
      undefined,
      wanted("overlap", 2, 1),
      { phases: overlapping, keep: [], create: ["app#0", "app#1", "worker#0"], retire: [] },
    ],
    [
      "nothing serves, and the schema is to be made",
      undefined,
      wanted("overlap", 1, 0, { migrates: true }),
      { phases: ["migrate", ...overlapping], keep: [], create: ["app#0"], retire: [] },
    ],
    [
      "another definition",
      serving([live("app1", { definition: "e" })]),
      wanted("overlap", 1),
      { phases: overlapping, keep: [], create: ["app#0"], retire: ["app1"] },
    ],
    [
      "another definition of one workload only",
      serving([live("app1"), live("worker1", { definition: "e" })]),
      wanted("overlap", 1, 1),
      { phases: overlapping, keep: ["app1"], create: ["worker#0"], retire: ["worker1"] },
    ],
    [
      "other secrets",
      serving([live("app1", { sameSecrets: false })]),
      wanted("overlap", 1),
      { phases: overlapping, keep: [], create: ["app#0"], retire: ["app1"] },
    ],
    [
      "a replica that stopped",
      serving([live("app1", { running: false }), live("app2")]),
      wanted("overlap", 2),
      { phases: overlapping, keep: ["app2"], create: ["app#0"], retire: ["app1"] },
    ],
    [
      "a replica that somebody removed",
      serving([live("app2")], ["app1"]),
      wanted("overlap", 2),
      { phases: overlapping, keep: ["app2"], create: ["app#0"], retire: [] },
    ],
    [
      "a surplus replica that somebody removed: the journal must not name it any more",
      serving([live("app1")], ["app2"]),
      wanted("overlap", 1),
      { phases: closing, keep: ["app1"], create: [], retire: [] },
    ],
    [
      "a surplus replica",
      serving([...two, live("app3")]),
      wanted("overlap", 2),
      { phases: closing, keep: ["app1", "app2"], create: [], retire: ["app3"] },
    ],
    [
      "scale up",
      serving([live("app1")]),
      wanted("overlap", 3),
      { phases: overlapping, keep: ["app1"], create: ["app#0", "app#1"], retire: [] },
    ],
    [
      "scale down, a broken replica goes before a sound one",
      serving([live("app1", { running: false }), live("app2"), live("app3")]),
      wanted("overlap", 1),
      { phases: closing, keep: ["app2"], create: [], retire: ["app1", "app3"] },
    ],
    [
      "a workload that is no longer wanted",
      serving([live("app1"), live("cron1")]),
      wanted("overlap", 1),
      { phases: closing, keep: ["app1"], create: [], retire: ["cron1"] },
    ],
    [
      "the schema alone",
      serving([live("app1")]),
      wanted("overlap", 1, 0, { migrates: true }),
      { phases: ["migrate", ...closing], keep: ["app1"], create: [], retire: [] },
    ],
  ])("%s", (_, now, wish, plan) => {
    expect(short(planRelease(now, wish))).toEqual(plan);
  });
});

describe("planRelease in stop-first: one writer, so whatever differs, everything is replaced", () => {
  test.each<[string, Serving | undefined, Wanted, ReturnType<typeof short>]>([
    ["the wanted one serves", serving([live("app1")]), wanted("stop-first", 1), nothing("app1")],
    [
      "nothing serves: a workload that nobody knows may be writing",
      undefined,
      wanted("stop-first", 1),
      { phases: stopFirst, keep: [], create: ["app#0"], retire: [] },
    ],
    [
      "another definition",
      serving([live("app1", { definition: "e" })]),
      wanted("stop-first", 1),
      { phases: stopFirst, keep: [], create: ["app#0"], retire: ["app1"] },
    ],
    [
      "other secrets of the worker: the app goes too",
      serving([live("app1"), live("worker1", { sameSecrets: false })]),
      wanted("stop-first", 1, 1),
      { phases: stopFirst, keep: [], create: ["app#0", "worker#0"], retire: ["app1", "worker1"] },
    ],
    [
      "it stopped",
      serving([live("app1", { running: false })]),
      wanted("stop-first", 1),
      { phases: stopFirst, keep: [], create: ["app#0"], retire: ["app1"] },
    ],
    [
      "somebody removed it",
      serving([], ["app1"]),
      wanted("stop-first", 1),
      { phases: stopFirst, keep: [], create: ["app#0"], retire: [] },
    ],
    [
      "a surplus worker",
      serving([live("app1"), live("worker1"), live("worker2")]),
      wanted("stop-first", 1, 1),
      { phases: stopFirst, keep: [], create: ["app#0", "worker#0"], retire: ["app1", "worker1", "worker2"] },
    ],
    [
      "the schema",
      serving([live("app1")]),
      wanted("stop-first", 1, 0, { migrates: true }),
      { phases: migrating, keep: [], create: ["app#0"], retire: ["app1"] },
    ],
  ])("%s", (_, now, wish, plan) => {
    expect(short(planRelease(now, wish))).toEqual(plan);
  });
});

describe("planRelease, whatever is there", () => {
  const states = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom("app1", "app2", "app3", "worker1", "worker2", "cron1"),
      running: fc.boolean(),
      definition: fc.constantFrom("d", "e"),
      sameSecrets: fc.boolean(),
    }),
    { selector: ({ id }) => id },
  );
  const wishes = fc
    .record({ mode: fc.constantFrom(...modes), app: fc.nat(4), worker: fc.nat(3), migrates: fc.boolean() })
    .map(({ mode, app, worker, migrates }) => wanted(mode, app, worker, { migrates }));

  test("what stays and what is made is what is wanted; all else goes; what stays fits; the same again is nothing", () => {
    fc.assert(
      fc.property(states, wishes, (found, wish) => {
        const all = found.map(({ id, ...difference }) => live(id, difference));
        const plan = planRelease(serving(all), wish);
        for (const { name, replicas } of wish.workloads) {
          const of = (each: readonly { workload: string }[]) => each.filter(({ workload }) => workload === name).length;
          expect(of(plan.keep) + of(plan.create)).toBe(replicas);
        }
        const split = [...plan.keep, ...plan.retire].map(({ id }) => id);
        if (plan.phases.length > 0) expect(split.sort()).toEqual(found.map(({ id }) => id).sort());
        for (const { id } of plan.keep)
          expect(found.find((each) => each.id === id)).toMatchObject({
            running: true,
            definition: "d",
            sameSecrets: true,
          });
        if (plan.phases.length > 0 && wish.mode === "stop-first") expect(plan.keep).toEqual([]);
        expect(plan.phases.includes("migrate")).toBe(wish.migrates);
        const kept = plan.keep.map(({ id }) => live(id));
        const made = plan.create.map(({ workload, index }) => live(`${workload}${90 + index}`));
        expect(planRelease(serving([...kept, ...made]), { ...wish, migrates: false }).phases).toEqual([]);
      }),
    );
  });

  test("order: nothing switches before every proof, and nothing that may have users stops before the switch unless requests are held", () => {
    fc.assert(
      fc.property(states, wishes, (found, wish) => {
        const { phases } = planRelease(serving(found.map(({ id, ...difference }) => live(id, difference))), wish);
        const at = (phase: Phase) => phases.indexOf(phase);
        for (const proof of ["ready", "probe"] as const) expect(at(proof)).toBeLessThanOrEqual(at("switch"));
        if (phases.includes("retire")) expect(at("retire")).toBeGreaterThan(at("switch"));
        if (phases.includes("stop")) expect(at("hold")).toBe(at("stop") - 1);
        if (phases.includes("back-up")) expect(at("back-up")).toBe(at("stop") + 1);
        expect(phases.at(-1)).toBe(phases.length === 0 ? undefined : "commit");
      }),
    );
  });
});
