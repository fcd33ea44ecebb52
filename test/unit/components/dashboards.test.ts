import { describe, expect, it } from "vitest";
import { dashboardFiles } from "../../../components/dashboards/files.ts";
import { toGrafana } from "../../../components/dashboards/grafana.ts";
import { overview, type Watched } from "../../../components/dashboards/overview.ts";
import {
  graph,
  limited,
  mean,
  perSecond,
  quantile,
  share,
  value,
  within,
} from "../../../components/dashboards/panels.ts";
import {
  datasources,
  datasourceUid,
  providers,
  provisioningFiles,
} from "../../../components/dashboards/provisioning.ts";
import { asked, queriesOf } from "../../../components/dashboards/spec.ts";
import { dashboardsWish } from "../../../ops/dashboards/options.ts";
import { everyDashboard } from "../../fixtures/dashboards.ts";

const web: Watched = { stack: "shop", title: "Shop", http: ["app-8000"], tcp: [], jobs: ["switch"] };

describe("words of PromQL", () => {
  it.each([
    [perSecond("a_total").promql, "sum(rate(a_total[$window]))"],
    [perSecond('a_total{x="1"}', ["tier"]).promql, 'sum by (tier) (rate(a_total{x="1"}[$window]))'],
    [within("a_total", "24h").promql, "sum(increase(a_total[24h]))"],
    [
      share('a{s="5xx"}', "a", "5xx").promql,
      '(sum(rate(a{s="5xx"}[$window])) or vector(0)) / (sum(rate(a[$window])) > 0)',
    ],
    [
      quantile(0.95, { name: "h", labels: 'route="/x"' }).promql,
      'histogram_quantile(0.95, sum by (le) (rate(h_bucket{route="/x"}[$window])))',
    ],
    [mean({ name: "h" }).promql, "sum(rate(h_sum[$window])) / (sum(rate(h_count[$window])) > 0)"],
    [asked("rate(a[$window]) - rate(b[$window])", 30), "rate(a[30s]) - rate(b[30s])"],
  ])("%s", (made, wanted) => expect(made).toBe(wanted));
});

describe("the overview", () => {
  const rows = (watched: Watched) => overview(watched).rows.map(({ title }) => title);

  it("has rows for what the stack has: requests, raw TCP, whom Prometheus scrapes", () => {
    expect(rows(web)).toEqual(["Requests", "Saturation", "Prometheus"]);
    expect(rows({ ...web, http: [], tcp: ["mcp-3001"] })).toEqual(["Connections", "Saturation", "Prometheus"]);
    expect(rows({ ...web, jobs: ["switch", "postgres", "host", "redis"] })).toEqual([
      "Requests",
      "Saturation",
      "Redis",
      "PostgreSQL",
      "Host",
      "Backups",
      "Prometheus",
    ]);
  });

  it("marks a release where a slot has a server that it had not", () => {
    const of = 'haproxy_server_status{job="switch",server=~"slot.*",state="UP",proxy=~"app-8000|app-8001"}';
    expect(overview({ ...web, http: ["app-8000", "app-8001"] }).markers).toEqual([
      {
        name: "release",
        promql: `count by (proxy) (${of} unless ${of} offset 15s) and on () (max(up{job="switch"} offset 15s) == 1)`,
      },
    ]);
  });
});

describe("every dashboard of every system", () => {
  it("a system with metrics of its own has a dashboard of its own", () => {
    expect([...new Set(everyDashboard.map(({ uid }) => uid))]).toEqual([
      "tmws-overview",
      "tmws-product",
      "tmws-2-3-overview",
      "aidis-overview",
      "aidis-product",
      "tria-overview",
      "tria-product",
      "diligence-overview",
      "diligence-product",
    ]);
  });

  it.each(everyDashboard)("$title: titles are unique, each panel says what it is and asks something", ({ rows }) => {
    const panels = rows.flatMap((row) => row.panels);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { about, queries } of panels) {
      expect(about.length).toBeGreaterThan(10);
      expect(queries.length).toBeGreaterThan(0);
    }
  });

  it.each(everyDashboard)("$title: what the guides mistype, `rate(...) by (...)`, is nowhere", (dashboard) => {
    for (const { promql } of queriesOf(dashboard)) expect(promql).not.toMatch(/\]\)\s*by/);
  });

  it.each(everyDashboard)(
    "$title: Grafana's JSON has fixed uids, ids of its own and no unresolved variable",
    (dashboard) => {
      const uid = datasourceUid("local");
      const [written] = dashboardFiles("local", [dashboard], uid);
      expect(written?.name).toBe(`provisioning/dashboards/local/${dashboard.uid}.json`);
      expect(dashboard.uid).toMatch(/^[a-z0-9-]{1,40}$/);
      const text = written?.content ?? "";
      expect(
        [...text.matchAll(/\$[\w{]+/g)].map(([found]) => found).filter((each) => each !== "$__rate_interval"),
      ).toEqual([]);
      const { panels = [], annotations } = toGrafana(dashboard, uid);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const sources = [...text.matchAll(/"datasource": \{\s*"type": "(\w+)",\s*"uid": "([\w-]+)"/g)];
      expect(new Set(sources.map(([, type, uid]) => `${type} ${uid}`))).toEqual(new Set([`prometheus ${uid}`]));
      // One for each panel and its queries, and for each marker.
      expect(sources.length).toBeGreaterThan(panels.length);
      expect(annotations?.list?.map(({ expr }) => expr)).toEqual(dashboard.markers.map(({ promql }) => promql));
    },
  );
});

it("a panel as Grafana keeps it", () => {
  const panel = limited(graph("Time", "What it is.", "seconds", perSecond("a_total", ["tier"])), 1, 0.5);
  const dashboard = { uid: "u", title: "t", about: "a", rows: [{ title: "r", panels: [panel] }], markers: [] };
  const [row, built] = JSON.parse(JSON.stringify(toGrafana(dashboard, "mine"))).panels;
  expect(row).toMatchObject({ type: "row", title: "r", id: 1 });
  expect(built).toMatchObject({
    type: "timeseries",
    id: 2,
    title: "Time",
    description: "What it is.",
    datasource: { type: "prometheus", uid: "mine" },
    gridPos: { x: 0, y: 1, w: 8, h: 8 },
    options: { legend: { showLegend: true, placement: "bottom" } },
    fieldConfig: {
      defaults: {
        unit: "s",
        min: 0,
        thresholds: {
          mode: "absolute",
          steps: [
            { value: null, color: "green" },
            { value: 0.5, color: "yellow" },
            { value: 1, color: "red" },
          ],
        },
      },
    },
    targets: [
      {
        refId: "A",
        expr: "sum by (tier) (rate(a_total[$__rate_interval]))",
        legendFormat: "{{tier}}",
        datasource: { type: "prometheus", uid: "mine" },
        range: true,
      },
    ],
  });
});

it("a number as Grafana keeps it", () => {
  const panel = value("Rows", "What it is.", "number", within("a_total", "1h"));
  const dashboard = { uid: "u", title: "t", about: "a", rows: [{ title: "r", panels: [panel] }], markers: [] };
  const [, built] = JSON.parse(JSON.stringify(toGrafana(dashboard, "mine"))).panels;
  expect(built).toMatchObject({
    type: "stat",
    options: { graphMode: "none", reduceOptions: { calcs: ["lastNotNull"] } },
    targets: [{ refId: "A", expr: "sum(increase(a_total[1h]))", instant: true }],
  });
});

it("Grafana's provisioning names the stack's Prometheus and the folder", () => {
  expect(datasources("local", datasourceUid("local"), "http://prometheus:9090")).toBe(
    [
      "apiVersion: 1",
      "datasources:",
      "  - name: Prometheus of local",
      "    uid: slipway-local",
      "    type: prometheus",
      "    access: proxy",
      "    url: http://prometheus:9090",
      "    editable: false",
      "    jsonData:",
      "      timeInterval: 5s",
      "      httpMethod: POST",
      "",
    ].join("\n"),
  );
  expect(provisioningFiles("local", datasourceUid("local"), "http://prometheus:9090").map(({ name }) => name)).toEqual([
    "provisioning/datasources/local.yaml",
    "provisioning/dashboards/local.yaml",
  ]);
  expect(providers("local")).toContain("      path: /etc/grafana/provisioning/dashboards/local\n");
});

describe("the command's options", () => {
  it("a folder, and the data source of a Grafana that is there", () => {
    expect(dashboardsWish(["--out", "x"])).toEqual({
      out: "x",
      datasource: undefined,
      prometheus: "http://prometheus:9090",
    });
    expect(dashboardsWish(["--out=x", "--datasource=abc_1", "--prometheus", "https://a.example/p"])).toEqual({
      out: "x",
      datasource: "abc_1",
      prometheus: "https://a.example/p",
    });
  });

  it.each([
    [[]],
    [["--out"]],
    [["--in", "x"]],
    [["--out", "x", "--datasource", "a b"]],
    [["--out", "x", "--prometheus", "nowhere"]],
  ])("refuses %j", (words) => {
    expect(() => dashboardsWish(words)).toThrow("npm run dashboards -- --out DIR");
  });
});
