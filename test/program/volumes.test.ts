/** A data volume of the stack never goes by an update, whatever version of whatever system the stack runs next. */
import { describe, expect, test } from "vitest";
import { isOfPart } from "../../components/volumes/spec.ts";
import type { Placement } from "../../infra/platforms/docker/placement.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement, placementOf } from "../fixtures/placement.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";
import { tmws23Settings } from "../fixtures/tmws-2.3-settings.ts";
import { triaSettings } from "../fixtures/tria-settings.ts";

const all = imagesWith("postgres", "chroma", "ollama");
const modelSource = { kind: "pull", insecure: false } as const;

const place = (placement: Placement) => register(() => void new DockerPlatform(placement));
const volumesOf = (found: readonly Registered[]) => found.filter(({ type }) => type === "docker:index/volume:Volume");
const partOf = ({ inputs }: Registered) => String(inputs["name"]).split("_")[1] ?? "";

/** Registered by an older version and found on the host by the newer one, and the other way round. */
async function change(from: Placement, to: Placement): Promise<readonly Registered[]> {
  const left = volumesOf(await place(from));
  const found = await place({ ...to, volumes: left.map(partOf) });
  for (const { qualified, protect } of left.filter((each) => each.protect)) {
    const kept = found.find((each) => each.qualified === qualified);
    expect(kept?.protect, `${qualified} would be deleted, which its protection refuses`).toBe(protect);
  }
  return found;
}

const older = { ...placementOf(tmws23Settings()), images: all, modelSource };
const newer = placementOf(localSettings);
const added = (found: readonly Registered[], than: readonly Registered[]) =>
  found.filter(({ qualified }) => !than.some((each) => each.qualified === qualified)).map(({ name }) => name);

describe("TMWS 2.3.1 and 2.4 in one stack", () => {
  test("the upgrade keeps config, logs and the models, protected, and changes no name", async () => {
    expect(added(await change(older, newer), await place(newer)).sort()).toEqual([
      "config",
      "logs",
      "ollama",
      "ollama-data",
    ]);
  });

  test("the way back keeps the licenses", async () => {
    expect(added(await change(newer, older), await place(older))).toEqual(["licenses"]);
  });

  test("the second look finds what the first declared: nothing comes or goes", async () => {
    const first = await change(older, newer);
    const second = await place({ ...newer, volumes: volumesOf(first).map(partOf) });
    expect(second.map(({ qualified }) => qualified)).toEqual(first.map(({ qualified }) => qualified));
  });
});

describe("whatever system", () => {
  test("an edge that is shared from now on leaves its certificates", async () => {
    const { tls: _, ...edge } = localSettings.edge;
    const tls = { mode: "shared", stack: "other", ca: "internal" } as const;
    await change(newer, placementOf({ ...localSettings, edge: { ...edge, tls } }));
  });

  test("a system that cannot have Chroma any more keeps its data", async () => {
    const settings = triaSettings({ chroma: true });
    const tria = { ...placementOf(settings), images: all };
    const without = { ...systemOf(settings), chroma: { enabled: false } };
    await change(tria, { ...tria, system: without });
  });

  test("what is a part's and what is a workload's is told apart by name", async () => {
    const programs = [
      older,
      newer,
      ordersPlacement(localSettings),
      { ...placementOf(triaSettings({ chroma: true })), images: all },
      placementOf(productionSettings),
    ];
    for (const placement of programs) {
      const workloads = placement.system.workloads.flatMap(({ volumes }) => volumes.map(({ name }) => name));
      const found = volumesOf(await place(placement)).map(partOf);
      expect(found.filter((part) => !isOfPart(part)).sort()).toEqual([...new Set(workloads)].sort());
    }
  });
});

describe("another generation of the data", () => {
  const restored = (placement: Placement): Placement => ({
    ...placement,
    dataHost: { ...placement.host, place: { ...placement.host.place, generation: 1 } },
  });
  const tria = { ...placementOf(triaSettings({ chroma: true })), images: all };

  test.each([
    ["TMWS", newer, ["chromadb.g1", "data.g1", "licenses.g1", "redis-data.g1"]],
    ["orders", ordersPlacement(localSettings), ["postgres-data.g1", "redis-data.g1"]],
    ["Tria", tria, ["chroma-data.g1", "postgres-data.g1", "redis-data.g1"]],
  ])(
    "%s: adds its volumes, keeps those before, protected, and changes no other name",
    async (_, placement, volumes) => {
      const found = await change(placement, restored(placement));
      expect(added(found, await place(placement)).sort()).toEqual(volumes);
      expect(
        volumesOf(found)
          .filter(({ name }) => volumes.includes(name))
          .every(({ protect }) => protect),
      ).toBe(true);
    },
  );

  test("containers mount the new volumes, and none of the old", async () => {
    const found = await change(tria, restored(tria));
    const inputs = found.filter(({ type }) => !type.includes("volume")).map((each) => JSON.stringify(each.inputs));
    for (const part of ["chroma-data", "postgres-data", "redis-data"]) {
      expect(
        inputs.some((text) => text.includes(`_${part}.g1"`)),
        part,
      ).toBe(true);
      expect(
        inputs.some((text) => text.includes(`_${part}"`)),
        part,
      ).toBe(false);
    }
  });

  test("nothing else is told of it: switch, edge and prometheus stay as they are", async () => {
    const find = (found: readonly Registered[]) =>
      found
        .filter(({ name }) => /^(switch|edge|prometheus)/.test(name))
        .map(({ qualified, inputs }) => ({ qualified, inputs }));
    expect(find(await change(newer, restored(newer)))).toEqual(find(await place(newer)));
  });

  test("what a restore has begun and not switched to is not declared", async () => {
    const left = [...volumesOf(await place(newer)).map(partOf), "data.g1", "redis-data.g1"];
    const found = await place({ ...newer, volumes: left });
    expect(found.map(({ qualified }) => qualified)).toEqual((await place(newer)).map(({ qualified }) => qualified));
  });

  test("when the old ones are forgotten nothing else goes", async () => {
    const found = await change(newer, restored(newer));
    const left = volumesOf(found)
      .map(partOf)
      .filter((part) => !["chromadb", "data", "licenses", "redis-data"].includes(part));
    const later = await place({ ...restored(newer), volumes: left });
    expect(added(found, later).sort()).toEqual(["chromadb", "data", "licenses", "redis-data"]);
  });
});
