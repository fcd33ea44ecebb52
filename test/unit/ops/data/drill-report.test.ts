import { expect, test } from "vitest";
import { drillSamples, exposition } from "../../../../components/steps/metrics.ts";
import { type Drill, renderDrill } from "../../../../ops/data/drill-report.ts";
import { newestCopy } from "../../../../ops/data/drill-source.ts";

const passed: Drill = {
  stack: "blue",
  set: "20260102T020000Z-backup",
  from: "copy",
  when: "2026-01-02T03:00:00.000Z",
  ok: true,
  rtoSeconds: 31.5,
  rpoSeconds: 3600,
  ageSeconds: 3598,
  rows: 12,
  rowsCompared: true,
  probes: ["healthy through the edge"],
};

test("a drill says where its set was", () => {
  expect(renderDrill(passed).split("\n").slice(0, 3)).toEqual([
    "20260102T020000Z-backup was fetched from its copy and restored, served and was proved",
    "  RTO   31.5 s until it served",
    "  RPO   3600 s of writes would have been lost",
  ]);
  expect(renderDrill({ ...passed, from: "host" })).toContain(
    "20260102T020000Z-backup was restored, served and was proved",
  );
});

test("a drill of the log says until when it went, and that no set counts its rows", () => {
  const log = "2026-01-02T02:59:40.000Z";
  const lines = renderDrill({ ...passed, log, rpoSeconds: 20, rowsCompared: false }).split("\n");
  expect(lines).toContain(`  rows  12, by the log until ${log}`);
  expect(lines).toContain("  RPO   20 s of writes would have been lost");
});

test("one that never had a set failed, and knows no RPO: none is told, rather than 0", () => {
  const { rpoSeconds: _, ageSeconds: __, ...without } = passed;
  const failed = { ...without, ok: false, set: "the newest copy in s3:https://h/b", why: "nobody answered", rows: 0 };
  expect(renderDrill(failed)).toBe(
    "the drill failed after 31.5 s with the newest copy in s3:https://h/b:\nnobody answered",
  );
  expect(exposition(drillSamples(failed))).toBe(
    "slipway_drill_last_success 0\nslipway_drill_last_timestamp_seconds 1767322800\nslipway_drill_last_rto_seconds 31.5\n",
  );
});

test("the newest copy of everything; of a release where there is no other", () => {
  const copy = (name: string, purpose: string) => ({ snapshot: "s", name, purpose, ended: new Date(0) });
  const backup = copy("20260101T020000Z-backup", "backup");
  const point = copy("20260102T020000Z-backup-point", "backup-point");
  expect(newestCopy([backup, point], "blue")).toBe(backup);
  expect(newestCopy([point], "blue")).toBe(point);
  expect(() => newestCopy([], "blue")).toThrow(
    "stack blue has no copy there yet; `npm run backup -- --stack blue` makes one",
  );
});
