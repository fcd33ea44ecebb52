import { describe, expect, test } from "vitest";
import { isOfPart, keptData, partData } from "../../../components/volumes/spec.ts";

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
