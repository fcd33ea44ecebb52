import { expect, test } from "vitest";
import { renderPlan } from "../../../../ops/data/plan.ts";
import { renderSets, span } from "../../../../ops/data/render.ts";

const now = new Date("2026-01-02T03:00:00Z");
const manifest = {
  version: 1,
  stack: "blue",
  system: "tmws",
  began: "2026-01-02T02:00:00.000Z",
  ended: "2026-01-02T02:00:02.000Z",
  oneMoment: true,
  heldSeconds: 1,
  generation: 0,
  image: "sha256:app",
  rows: { agents: 1000, memories: 1, gone: 5 },
  stores: ["redis"],
} as const;
const whole = {
  name: "20260102T020000Z-backup",
  purpose: "backup",
  kilobytes: 1229,
  ended: new Date(manifest.ended),
  manifest: { ...manifest, rows: { ...manifest.rows }, stores: ["redis"] },
};
const ofRelease = { ...whole, name: "20260101T020000Z-release", purpose: "release", manifest: undefined };

test("a set is a line; of one that is off the host alone is known where it is", () => {
  const away = { ...ofRelease, name: "20260101T010000Z-backup", where: "copy" } as const;
  const sets = [away, { ...ofRelease, where: "host" }, { ...whole, where: "host, copy" }] as const;
  expect(renderSets(sets, "blue", now)).toBe(
    [
      "set                       complete since            age     where       size    rows         holds",
      "20260101T010000Z-backup   2026-01-02T02:00:02.000Z  60 min  copy",
      "20260101T020000Z-release  2026-01-02T02:00:02.000Z  60 min  host        1.2 MB  not counted  database, directories",
      "20260102T020000Z-backup   2026-01-02T02:00:02.000Z  60 min  host, copy  1.2 MB  1006         database, directories, redis, state",
    ].join("\n"),
  );
  expect(renderSets([], "blue", now)).toBe("stack blue has no backup set; `npm run backup -- --stack blue` takes one");
});

test("spans as people say them", () => {
  expect([-5, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000].map(span)).toEqual([
    "0 s",
    "119 s",
    "2 min",
    "120 min",
    "2 h",
    "2 days",
  ]);
});

test("the plan names the set, what users lose, and what stays", () => {
  const facts = { stack: "blue", now, generations: { from: 1, to: 2 }, stores: ["redis"] };
  const rows = { agents: 1000, memories: 7, fresh: 1 };
  expect(
    renderPlan({ ...facts, source: { set: whole }, at: new Date("2026-01-02T02:30:00Z"), rows })
      .split("\n")
      .slice(0, 6),
  ).toEqual([
    "Restores stack blue to 20260102T020000Z-backup, complete since 2026-01-02T02:00:02.000Z (1.2 MB).",
    "  It is the newest set without anything later than 2026-01-02T02:30:00.000Z.",
    "  Lost to users: what was written in the last 60 min, since that time.",
    "  Rows of memories: 7 now, 1 then.",
    "  Rows of gone: 0 now, 5 then.",
    "  Rows of fresh: 1 now, 0 then.",
  ]);
  expect(renderPlan({ ...facts, source: { set: whole }, at: undefined, rows: undefined })).toContain(
    "Rows: the data of now cannot be read.",
  );
  const old = renderPlan({ ...facts, source: { set: ofRelease }, at: undefined, rows });
  expect(old).toContain("Rows: not counted in this set, which a release took.");
  expect(old).toContain("Not in this set, and left as now: redis.");
  expect(old).toContain("into volumes of generation 2");
  expect(old).toContain("The volumes of generation 1 stay");
});

test("the plan of a moment says by what it is reached, and what comes from elsewhere", () => {
  const facts = { stack: "blue", now, generations: { from: 1, to: 2 }, stores: ["redis"], rows: { agents: 1 } };
  const at = new Date("2026-01-02T02:30:00Z");
  const moment = { at, series: "20260101T000000Z-g1", base: new Date("2026-01-02T00:00:00Z") };
  const lines = renderPlan({ ...facts, at, source: { set: whole, moment } }).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "Restores the database of stack blue to 2026-01-02T02:30:00.000Z, by the base backup of 2026-01-02T00:00:00.000Z and the log after it.",
    "  The rest is of 20260102T020000Z-backup, complete since 2026-01-02T02:00:02.000Z.",
    "  Lost to users: what was written in the last 30 min, since that time.",
  ]);
  const byFile = renderPlan({
    ...facts,
    at,
    source: { set: whole, moment: { ...moment, image: "sha256:litestream" } },
  });
  expect(byFile.split("\n")[0]).toBe(
    `Restores the database of stack ${facts.stack} to ${at.toISOString()}, by the log since 2026-01-02T00:00:00.000Z; of the last 1 s before it something may be missing.`,
  );
  const alone = renderPlan({ ...facts, at, stores: [], source: { set: undefined, moment } });
  expect(alone).toContain("  1. checks the archive;");
  expect(alone).not.toContain("The rest is of");
});
