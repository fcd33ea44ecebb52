import type { Panel, Query, Unit } from "./spec.ts";

/** Words that panels are made of. */

/** A counter's speed, added up. @param by labels that stay apart */
export function perSecond(counter: string, by: readonly string[] = []): Query {
  return { promql: `${sum(by)}(rate(${counter}[$window]))`, legend: legendOf(by) };
}

/** How much a counter grew in a time of its own, whatever the dashboard shows: `1h`, `24h`. */
export function within(counter: string, time: string, by: readonly string[] = []): Query {
  return { promql: `${sum(by)}(increase(${counter}[${time}]))`, legend: legendOf(by) };
}

/** Part of what two counters say: 0 while the part has no series yet, nothing while there is nothing of the whole. */
export function share(part: string, whole: string, legend: string): Query {
  return { promql: `(sum(rate(${part}[$window])) or vector(0)) / (sum(rate(${whole}[$window])) > 0)`, legend };
}

/** A histogram's quantile over all its series. @param histogram with its labels, but without `_bucket` */
export function quantile(part: number, { name, labels = "" }: Histogram): Query {
  const buckets = `${name}_bucket${labels === "" ? "" : `{${labels}}`}`;
  return {
    promql: `histogram_quantile(${part}, sum by (le) (rate(${buckets}[$window])))`,
    legend: `p${part * 100}`,
  };
}

/** The mean of a histogram or summary. */
export function mean({ name, labels = "" }: Histogram): Query {
  const of = (suffix: string) => `sum(rate(${name}_${suffix}${labels === "" ? "" : `{${labels}}`}[$window]))`;
  return { promql: `${of("sum")} / (${of("count")} > 0)`, legend: "mean" };
}

export interface Histogram {
  readonly name: string;
  /** Matchers, e.g. `route="/health"`. @default all */
  readonly labels?: string;
}

/** The value as it is, each series by itself, or by some labels. */
export function now(promql: string, legend: string): Query {
  return { promql, legend };
}

/** Over time. */
export function graph(title: string, about: string, unit: Unit, ...queries: readonly Query[]): Panel {
  return { title, about, kind: "graph", unit, queries };
}

/** The last number. */
export function value(title: string, about: string, unit: Unit, query: Query): Panel {
  return { title, about, kind: "value", unit, queries: [query] };
}

/** The same panel with its limits drawn. */
export function limited(panel: Panel, critical: number, warning?: number): Panel {
  return { ...panel, limits: { critical, ...(warning !== undefined && { warning }) } };
}

function sum(by: readonly string[]): string {
  return by.length === 0 ? "sum" : `sum by (${by.join(", ")}) `;
}

function legendOf(by: readonly string[]): string {
  return by.length === 0 ? "all" : by.map((label) => `{{${label}}}`).join(" ");
}
