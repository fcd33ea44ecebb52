import type { Golden, Minute } from "../report.ts";
import { known, milliseconds, moment, number, percent } from "../words.ts";
import { type Html, html, inlineJson } from "./html.ts";

/** One line of a chart. */
interface Series {
  readonly label: string;
  /** A variable of page.css. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  /** The hour in one number. */
  readonly value: string;
  readonly note: string;
  readonly unit: "per second" | "percent" | "milliseconds";
  readonly series: readonly Series[];
}

/** The four golden signals of an hour. Pure. */
export function chartsOf(golden: Golden): readonly Chart[] {
  const values = (pick: (minute: Minute) => number | null) => golden.minutes.map(pick);
  const hundredfold = (value: number | null) => (value === null ? null : value * 100);
  const cut = golden.latencyFrom > golden.from && golden.p50Ms !== null;
  return [
    {
      id: "traffic",
      title: "Requests",
      value: `${number(golden.requestsPerSecond)} /s`,
      note: `${golden.requests} in the last hour`,
      unit: "per second",
      series: [{ label: "requests", color: "--line-1", values: values((minute) => minute.requestsPerSecond) }],
    },
    {
      id: "errors",
      title: "Errors",
      value: known(golden.errorRatio, percent),
      note: "answers of 500 and above",
      unit: "percent",
      series: [{ label: "errors", color: "--line-bad", values: values((minute) => hundredfold(minute.errorRatio)) }],
    },
    {
      id: "latency",
      title: "Latency",
      value: `${known(golden.p50Ms, milliseconds)} / ${known(golden.p99Ms, milliseconds)}`,
      note: cut ? `p50 / p99, since ${moment(golden.latencyFrom)}` : "p50 / p99, until the first byte",
      unit: "milliseconds",
      series: [
        { label: "p50", color: "--line-1", values: values((minute) => minute.p50Ms) },
        { label: "p99", color: "--line-2", values: values((minute) => minute.p99Ms) },
      ],
    },
    {
      id: "saturation",
      title: "Saturation",
      value: known(golden.saturation, percent),
      note: golden.saturation === null ? "not known without Prometheus" : "of the switch, at its highest",
      unit: "percent",
      series: [{ label: "saturation", color: "--line-2", values: values((minute) => hundredfold(minute.saturation)) }],
    },
  ];
}

/** What charts.mjs draws: times in seconds, as uPlot wants them. */
export function chartData(golden: Golden): Html {
  const times = golden.minutes.map(({ at }) => Math.round(Date.parse(at) / 1000));
  return inlineJson({ times, charts: chartsOf(golden).map(({ id, unit, series }) => ({ id, unit, series })) });
}

/** A card for each of the golden signals. The numbers are there without a script; the plots are filled by charts.mjs. */
export function chartCards(golden: Golden): readonly Html[] {
  return chartsOf(golden).map(
    ({ id, title, value, note, series }) => html`
      <article class="card chart">
        <h3>${title}</h3>
        <p class="value">${value}</p>
        <p class="note"><span data-note="${id}">${note}</span>${legend(series)}</p>
        <div class="plot" id="plot-${id}" role="img" aria-label="${title} in the last hour: ${value}, ${note}"></div>
      </article>`,
  );
}

/** Only where there is something to tell apart. */
function legend(series: readonly Series[]): readonly Html[] {
  if (series.length < 2) return [];
  return series.map(
    ({ label, color }) => html`<span class="key"><i style="background:var(${color})"></i>${label}</span>`,
  );
}
