/** Every dashboard against Grafana's own schema, by the Foundation SDK for Go: the JSON is judged where Grafana itself is not to be had. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashboardFiles } from "../../components/dashboards/files.ts";
import { datasourceUid } from "../../components/dashboards/provisioning.ts";
import { run } from "../../toolchain/command.ts";
import { findGo, goBuild, goMissing, serves } from "../../toolchain/go.ts";
import { everyDashboard } from "../fixtures/dashboards.ts";

let folder = "";
let judge = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "slipway-dashboard-schema-"));
  judge = join(folder, "judge");
  const go = await findGo();
  if (!serves(go)) throw new Error(goMissing(go));
  const module = join(import.meta.dirname, "support/dashboard-schema");
  await goBuild({ go: go.path, module, command: ".", flags: "-s -w", output: judge }, () => undefined);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the schema has against it, a line each. */
async function judged(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const { code, stdout, stderr } = await run(judge, [path]);
  expect([0, 1], stderr).toContain(code);
  expect(stdout === "", "it says why when it refuses").toBe(code === 0);
  return stdout;
}

const files = dashboardFiles("local", everyDashboard, datasourceUid("local"));

it.each(files.map(({ name, content }) => [basename(name), content]))("%s holds", async (name, content) => {
  expect(await judged(name, content)).toBe("");
});

describe("a panel that is broken is told", () => {
  const [file] = files;
  const broken = (change: (panel: Record<string, unknown>) => void) => {
    const board: { panels: Record<string, unknown>[] } = JSON.parse(file?.content ?? "");
    const panel = board.panels.find(({ type }) => type === "timeseries");
    if (panel === undefined) throw new Error("the first dashboard has no time series");
    change(panel);
    return judged("broken.json", JSON.stringify(board));
  };

  it.each<[string, (panel: Record<string, unknown>) => void, RegExp]>([
    ["without a type", (panel) => delete panel["type"], /type/],
    ["with a field that Grafana does not know", (panel) => Object.assign(panel, { titel: "x" }), /titel/],
    [
      "with a place that is no number",
      (panel) => Object.assign(panel, { gridPos: { x: "left", y: 0, w: 8, h: 8 } }),
      /gridPos/,
    ],
    [
      "wider than Grafana's columns",
      (panel) => Object.assign(panel, { gridPos: { x: 0, y: 0, w: 25, h: 8 } }),
      /gridPos|w/,
    ],
    [
      "with a query without an expression",
      (panel) => Object.assign(panel, { targets: [{ refId: "A", datasource: { type: "prometheus" } }] }),
      /expr|targets/,
    ],
    [
      "with an option of another kind",
      (panel) => Object.assign(panel, { options: { legend: "bottom" } }),
      /legend|options/,
    ],
  ])("%s", async (_, change, wanted) => {
    expect(await broken(change)).toMatch(wanted);
  });
});
