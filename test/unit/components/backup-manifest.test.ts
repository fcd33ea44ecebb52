import { describe, expect, test } from "vitest";
import {
  chooseSet,
  differences,
  type Manifest,
  manifestText,
  parseCounts,
  parseSets,
} from "../../../components/backup/manifest.ts";

const manifest: Manifest = {
  version: 1,
  stack: "local",
  system: "tmws",
  began: "2026-01-02T02:00:01.000Z",
  ended: "2026-01-02T02:00:03.500Z",
  oneMoment: true,
  heldSeconds: 2.5,
  generation: 0,
  image: "sha256:app",
  revision: "0001",
  rows: { agents: 3, memories: 0 },
  stores: ["redis"],
};
const line = (name: string, seconds: number, text = "") => `${name}\t12\t${seconds}\t${text.trim()}`;
const seconds = (iso: string) => new Date(iso).getTime() / 1000;
const list = parseSets(
  [
    line("20260103T020000Z-release", seconds("2026-01-03T02:00:05Z")),
    line("20260102T020000Z-backup", seconds("2026-01-02T02:00:09Z"), manifestText(manifest)),
    line("20260101T020000Z-backup-point", seconds("2026-01-01T02:00:01Z")),
    "",
  ].join("\n"),
);

describe("the list of sets", () => {
  test("is in the order in which they were complete, with what each says of itself", () => {
    expect(list.map(({ name, purpose, ended }) => [name, purpose, ended.toISOString()])).toEqual([
      ["20260101T020000Z-backup-point", "backup-point", "2026-01-01T02:00:01.000Z"],
      ["20260102T020000Z-backup", "backup", "2026-01-02T02:00:03.500Z"],
      ["20260103T020000Z-release", "release", "2026-01-03T02:00:05.000Z"],
    ]);
    expect(list.map((set) => set.manifest)).toEqual([undefined, manifest, undefined]);
    expect(list[1]?.kilobytes).toBe(12);
  });

  test.each(["{", "null", '{"version":2}', manifestText({ ...manifest, rows: {} }).replace('"rows":{}', '"rows":[1]')])(
    "a manifest that cannot be read (%s) is none: the checksums tell",
    (text) => {
      expect(parseSets(line("20260102T020000Z-backup", 0, text))[0]?.manifest).toBeUndefined();
    },
  );
});

describe("which set is wanted", () => {
  const choose = (wish: { set?: string; at?: string }) =>
    chooseSet(list, { set: wish.set, at: wish.at === undefined ? undefined : new Date(wish.at) }, "blue").name;

  test("the newest; one by its name", () => {
    expect(choose({})).toBe("20260103T020000Z-release");
    expect(choose({ set: "20260101T020000Z-backup-point" })).toBe("20260101T020000Z-backup-point");
  });

  test("at a time: the newest that was complete by then, not the one that was being taken", () => {
    expect(choose({ at: "2026-01-02T02:00:03.499Z" })).toBe("20260101T020000Z-backup-point");
    expect(choose({ at: "2026-01-02T02:00:03.500Z" })).toBe("20260102T020000Z-backup");
    expect(choose({ at: "2026-01-03T02:00:04Z" })).toBe("20260102T020000Z-backup");
  });

  test("data that were brought only by their name, whatever time their files had", () => {
    const brought = { ...list[0], name: "20260104T020000Z-import", purpose: "import", kilobytes: 1, manifest };
    const all = [...list, { ...brought, ended: new Date("2026-01-02T03:00:00Z") }];
    const wish = { set: undefined, at: undefined };
    expect(chooseSet(all, wish, "blue").name).toBe("20260103T020000Z-release");
    expect(chooseSet(all, { ...wish, at: new Date("2026-01-02T04:00:00Z") }, "blue").name).toBe(
      "20260102T020000Z-backup",
    );
    expect(chooseSet(all, { ...wish, set: brought.name }, "blue").name).toBe(brought.name);
    expect(() => chooseSet(all.slice(3), wish, "blue")).toThrow(
      "stack blue has no set of its own data, only some that were brought; --set names one",
    );
  });

  test("none when some are of a time that has not come: a clock was wrong, and nobody knows which is the newest", () => {
    const wish = { set: undefined, at: undefined };
    const now = new Date("2026-01-02T03:00:00Z");
    expect(() => chooseSet(list, wish, "blue", now)).toThrow(
      "it is 2026-01-02T03:00:00.000Z here, and later than that are sets of stack blue: 20260103T020000Z-release. A clock was wrong when they were taken, or is now, so that the newest is not known: `npm run backup -- --stack blue --list` shows what there is, --set names the one that is meant",
    );
    // Clocks of two machines are never the same.
    expect(chooseSet(list, wish, "blue", new Date("2026-01-03T01:55:05Z")).name).toBe("20260103T020000Z-release");
    expect(chooseSet(list, { ...wish, at: now }, "blue", now).name).toBe("20260102T020000Z-backup");
    expect(chooseSet(list, { ...wish, set: "20260103T020000Z-release" }, "blue", now).kilobytes).toBe(
      list[2]?.kilobytes,
    );
  });

  test("what is not there is told with the command that shows what is", () => {
    expect(() => choose({ set: "20200101T000000Z-backup" })).toThrow(
      "stack blue has no backup set 20200101T000000Z-backup; `npm run backup -- --stack blue --list` shows what there is",
    );
    expect(() => choose({ at: "2025-12-31T00:00:00Z" })).toThrow(
      "--at 2025-12-31T00:00:00.000Z: the oldest set of stack blue is of 2026-01-01T02:00:01.000Z; `npm run backup -- --stack blue --list` shows what there is",
    );
    expect(() => chooseSet([], { set: undefined, at: undefined }, "blue")).toThrow(
      "stack blue has no backup set; `npm run backup -- --stack blue` takes one",
    );
  });
});

describe("rows", () => {
  test("that differ are named, tables that one has alone too", () => {
    expect(differences({ a: 1, b: 2 }, { a: 1, b: 2 })).toEqual([]);
    expect(differences({ a: 1, b: 2, c: 3 }, { a: 1, b: 3, d: 4 })).toEqual([
      "b: 2 in the set, 3 restored",
      "c: 3 in the set, no table restored",
      "d: no table in the set, 4 restored",
    ]);
  });

  test("are read line by line; what is no count is an error", () => {
    expect(parseCounts('public.orders\t12\n"odd name"\t0\n')).toEqual({ "public.orders": 12, '"odd name"': 0 });
    expect(() => parseCounts("orders\t1\nError: no such table\n")).toThrow(
      "rows could not be counted: Error: no such table",
    );
  });
});
