import { expect, test } from "vitest";
import { namesFiles, releaseContainers } from "../../../components/steps/container-names.ts";
import { emptyJournal, type Release } from "../../../components/steps/journal.ts";

const release = (id: string, ...containers: readonly string[]): Release => ({
  id,
  image: "sha256:1",
  revision: "a1",
  reads: [],
  definition: "d",
  since: "2026-01-01T00:00:00.000Z",
  replicas: containers.map((each) => ({
    id: `${each}-id`,
    workload: "web",
    alias: each,
    madeBy: id,
    single: false,
    stopGraceSeconds: 10,
  })),
  traffic: {},
});
const nameOf = (alias: string) => `slipway-x_${alias}`;
const named = (alias: string) => ({ id: `${alias}-id`, part: "web", name: `slipway-x_${alias}` });

test("the replicas of what serves, of what is kept, and of what is about to serve have names", () => {
  expect(releaseContainers(emptyJournal, nameOf)).toEqual([]);
  const open = { release: "r3", phase: "switch", held: false, ready: release("r3", "web-r3-0") };
  const journal = { ...emptyJournal, serving: release("r2", "web-r2-0"), previous: release("r1", "web-r1-0"), open };
  expect(releaseContainers(journal, nameOf)).toEqual([named("web-r2-0"), named("web-r1-0"), named("web-r3-0")]);
  // Undone: what was to serve is nobody's any more.
  const { open: _, ...undone } = journal;
  expect(releaseContainers(undone, nameOf).map(({ name }) => name)).toEqual([
    "slipway-x_web-r2-0",
    "slipway-x_web-r1-0",
  ]);
});

test("each writer has a file of its own, by the containers' ids", () => {
  const [folder, file] = namesFiles("parts", [{ id: "0a", part: "redis", name: "slipway-x_redis" }]);
  expect(folder).toMatchObject({ path: "containers/", type: "directory", mode: 0o755 });
  expect(file).toMatchObject({ path: "containers/parts.json", mode: 0o644 });
  expect(file?.content).toBe('{"0a":{"part":"redis","name":"slipway-x_redis"}}\n');
});
