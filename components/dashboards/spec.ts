/**
 * Dashboards as plain data: what is asked of Prometheus, and where the question comes from. components/dashboards/grafana.ts makes Grafana's
 * JSON of it; nothing else here knows Grafana.
 */
export interface Dashboard {
  /** A contract: links to it, and Grafana's own memory of it, go by this name. At most 40 letters, digits and hyphens. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly rows: readonly Row[];
  /** Moments that all its panels show. */
  readonly markers: readonly Marker[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  /** Unique in its dashboard. */
  readonly title: string;
  /** What it shows; where a guide asks for it, which section of which guide. */
  readonly about: string;
  /** `graph`: over time. `value`: the last number, large. */
  readonly kind: "graph" | "value";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** From here on it is drawn in yellow and in red; in the panel's unit. @default none */
  readonly limits?: { readonly warning?: number; readonly critical: number };
}

export interface Query {
  /** `$window` is the time to look back, see `asked`. */
  readonly promql: string;
  /** `{{label}}` stands for a series' own. */
  readonly legend: string;
}

export interface Marker {
  readonly name: string;
  /** Each sample that it has is a moment to mark. */
  readonly promql: string;
}

/** What a number is of. A `ratio` is 0 to 1. */
export type Unit = "number" | "per second" | "ratio" | "seconds" | "bytes" | "bytes per second";

/** The query for a window of so many seconds. */
export function asked(promql: string, windowSeconds: number): string {
  return promql.replaceAll("$window", `${windowSeconds}s`);
}

/** Every query of a dashboard, its markers included, under the title of what shows it. */
export function queriesOf({
  rows,
  markers,
}: Dashboard): readonly { readonly title: string; readonly promql: string }[] {
  return [
    ...rows.flatMap(({ panels }) =>
      panels.flatMap(({ title, queries }) => queries.map(({ promql }) => ({ title, promql }))),
    ),
    ...markers.map(({ name, promql }) => ({ title: name, promql })),
  ];
}
