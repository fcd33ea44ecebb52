import {
  BigValueGraphMode,
  type DataSourceRef,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  type Dashboard as GrafanaDashboard,
  RowBuilder,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Dashboard, Marker, Panel, Query, Unit } from "./spec.ts";

/** Of Grafana's 24 columns; three panels stand side by side. */
const span = 8;
const height = 8;

/** Grafana's names of units. */
const units: Readonly<Record<Unit, string>> = {
  number: "short",
  "per second": "cps",
  ratio: "percentunit",
  seconds: "s",
  bytes: "bytes",
  "bytes per second": "Bps",
};

/**
 * What Grafana keeps of a dashboard, by Grafana's own types. The ids of panels are their places: the same data is the same JSON.
 * @param uid of the data source, a fixed one: a `${DS_PROMETHEUS}` never resolves in provisioning
 */
export function toGrafana(dashboard: Dashboard, uid: string): GrafanaDashboard {
  const datasource: DataSourceRef = { type: "prometheus", uid };
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.about)
    .tags(["slipway"])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-6h", to: "now" })
    .timezone("browser")
    .refresh("30s")
    .readonly();
  for (const marker of dashboard.markers) builder.annotation(annotation(marker, datasource));
  let id = 0;
  for (const { title, panels } of dashboard.rows) {
    builder.withRow(new RowBuilder(title).id(++id));
    for (const panel of panels) builder.withPanel(built(panel, datasource).id(++id));
  }
  return builder.build();
}

function annotation({ name, promql }: Marker, datasource: DataSourceRef): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor("blue")
    .expr(promql)
    .step("15s")
    .titleFormat(name)
    .tagKeys("proxy");
}

function built(panel: Panel, datasource: DataSourceRef): TimeSeriesBuilder | StatBuilder {
  const builder = panel.kind === "graph" ? timeSeries(panel) : stat();
  builder
    .title(panel.title)
    .description(panel.about)
    .datasource(datasource)
    .span(span)
    .height(height)
    .unit(units[panel.unit]);
  for (const [place, query] of panel.queries.entries())
    builder.withTarget(target(query, place, panel.kind).datasource(datasource));
  return builder.thresholds(thresholds(panel));
}

function timeSeries({ limits, unit }: Panel): TimeSeriesBuilder {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);
  const builder = new TimeSeriesBuilder().min(0).legend(legend);
  if (unit === "ratio") builder.max(1);
  const style = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);
  return limits === undefined ? builder : builder.thresholdsStyle(style);
}

function stat(): StatBuilder {
  return new StatBuilder()
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
}

function target({ promql, legend }: Query, place: number, kind: Panel["kind"]): DataqueryBuilder {
  const builder = new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + place))
    .expr(promql.replaceAll("$window", "$__rate_interval"))
    .legendFormat(legend);
  return kind === "graph" ? builder.range() : builder.instant();
}

function thresholds({ limits }: Panel): ThresholdsConfigBuilder {
  const steps: Threshold[] = [{ value: null, color: "green" }];
  if (limits?.warning !== undefined) steps.push({ value: limits.warning, color: "yellow" });
  if (limits !== undefined) steps.push({ value: limits.critical, color: "red" });
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}
