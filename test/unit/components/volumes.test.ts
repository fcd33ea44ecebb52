import { describe, expect, test } from "vitest";
import {
  basePart,
  dataPart,
  formerStoreData,
  generationOf,
  isGenerational,
  isOfPart,
  keptData,
  partData,
} from "../../../components/volumes/spec.ts";

describe("data that the system names no more", () => {
  const onHost = ["backups", "chroma-data", "config", "data", "journal", "logs", "redis-data", "run", "trust"];

  test("is what an earlier version's workloads left: neither a part's, nor one that is named", () => {
    expect(keptData(onHost, ["data", "chromadb"])).toEqual(["config", "logs"]);
  });

  test("is none before the first launch, and none when all is named", () => {
    expect(keptData([], ["data"])).toEqual([]);
    expect(keptData(onHost, ["config", "data", "logs"])).toEqual([]);
  });

  test("of parts has a home of its own", () => {
    expect(Object.keys(partData).every(isOfPart)).toBe(true);
  });
});

describe("generations of the data", () => {
  test("the first has the plain names, as stacks had before there were any", () => {
    expect(dataPart({}, "data")).toBe("data");
    expect(dataPart({ generation: 0 }, "data")).toBe("data");
    expect(dataPart({ generation: 12 }, "redis-data")).toBe("redis-data.g12");
  });

  test.each([
    ["data", "data", 0],
    ["redis-data.g12", "redis-data", 12],
    // No generation is written so: these are names of their own.
    ["data.g0", "data.g0", 0],
    ["data-g1", "data-g1", 0],
  ])("%s is %s of generation %i", (volume, part, generation) => {
    expect([basePart(volume), generationOf(volume)]).toEqual([part, generation]);
  });

  const onHost = [
    "backups",
    "data",
    "data.g1",
    "data.g2",
    "logs",
    "postgres-data",
    "postgres-data.g1",
    "redis-data.g2",
  ];

  test("earlier ones of workloads stay declared; a later one was never switched to", () => {
    expect(keptData(onHost, ["data.g1"], { generation: 1 })).toEqual(["data", "logs"]);
    expect(keptData(onHost, ["data"])).toEqual(["logs"]);
  });

  test("earlier ones of stores stay with their component", () => {
    expect(formerStoreData(onHost, { generation: 1 })).toEqual([{ volume: "postgres-data", owner: "postgres" }]);
    expect(formerStoreData(onHost, {})).toEqual([]);
  });

  test("a restore renews what workloads and stores keep, and nothing else", () => {
    const all = [
      "backups",
      "chroma-data",
      "edge-data",
      "journal",
      "logs",
      "ollama-data",
      "prometheus-data",
      "redis-data.g1",
    ];
    expect(all.filter(isGenerational)).toEqual(["chroma-data", "logs", "redis-data.g1"]);
  });
});
