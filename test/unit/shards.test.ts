import { expect, it } from "vitest";
import { endsInTime, shards, shardsNamed, touchedShards } from "../shards.ts";

const namesOf = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name);

const faults = ["faults-around", "faults-kill-overlap", "faults-kill-stop-first"];

it("a shard that was divided runs whole by its first name", () => {
  expect(namesOf(shardsNamed("faults"))).toEqual(faults);
  expect(namesOf(shardsNamed("rollout"))).toEqual(["rollout-stop-first", "rollout-undo"]);
  expect(namesOf(shardsNamed("tria"))).toEqual(["tria"]);
  expect(namesOf(shardsNamed("fault"))).toEqual([]);
});

it.each(["components/rollout/undo.ts", "components/switch/control.ts", "components/steps/lease.ts"])(
  "a change of %s starts the faults, after all others",
  (path) => {
    const touched = namesOf(touchedShards([path]));
    expect(touched.slice(-3)).toEqual(faults);
    expect(touched.length).toBeGreaterThan(3);
  },
);

it("none is started that might be cut off: one that takes longer must begin sooner", () => {
  const starts = (minute: number) => namesOf(shards.filter((shard) => endsInTime(shard, minute)));
  const longer = ["tmws-2.3", "rollout-undo"];
  expect(starts(60)).toEqual(namesOf(shards));
  expect(starts(65)).toEqual(namesOf(shards).filter((name) => !longer.includes(name)));
  expect(starts(66)).toEqual([]);
});

it("a change of the README starts none, and one that is not known starts all", () => {
  expect(touchedShards(["README.md"])).toEqual([]);
  expect(touchedShards(undefined)).toBe(shards);
});
