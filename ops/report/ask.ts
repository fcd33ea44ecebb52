import { z } from "zod";
import { readValue } from "../../components/bake/prometheus.ts";
import { question, type Trigger } from "../../components/bake/spec.ts";
import type { Session } from "../../components/steps/session.ts";
import { switchJob } from "../../components/switch/names.ts";
import { getPrometheus } from "../status/prometheus.ts";
import { type Line, lineOf, type Measure, measures } from "./judge.ts";

/** The time after the release, and the same length before it; ms since 1970. */
export interface Spans {
  readonly seconds: number;
  /** Ends of the two. */
  readonly before: number;
  readonly after: number;
}

/** @param since when the release was ready; @param hours to look at, at most: what has not passed yet is not looked at */
export function spansOf(since: number, now: number, hours: number): Spans {
  const seconds = Math.max(1, Math.floor(Math.min(hours * 3600, (now - since) / 1000)));
  return { seconds, before: since, after: since + seconds * 1000 };
}

const users = `job="${switchJob}",proxy=~"route.*"`;
const clients = `job="${switchJob}",proxy=~"(tcp|public)-.*"`;
const responses = (further = "") => `sum(increase(haproxy_frontend_http_responses_total{${users}${further}}[$window]))`;

const counted: readonly { readonly measure: Measure; readonly promql: string }[] = [
  { measure: measures.requests, promql: responses() },
  { measure: measures.errors, promql: `${responses(',code="5xx"')} / (${responses()} > 0)` },
  { measure: measures.connections, promql: `sum(increase(haproxy_frontend_sessions_total{${clients}}[$window]))` },
];

/** What Prometheus knows of both spans. @param triggers of the release's bake time: the system's own become lines, the switch's are in `counted` */
export async function askSpans(
  session: Session,
  base: string,
  spans: Spans,
  triggers: readonly Trigger[],
): Promise<readonly Line[]> {
  const own = triggers
    .filter(({ promql }) => !promql.includes("haproxy_"))
    .map((trigger) => ({ measure: measureOf(trigger), promql: trigger.promql }));
  const lines: Line[] = [];
  for (const { measure, promql } of [...counted, ...own]) {
    const at = (end: number) => valueAt(session, base, question({ promql }, spans.seconds), end);
    const [before, after] = [await at(spans.before), await at(spans.after)];
    // A system without routes has no requests, one without raw TCP no connections.
    if (before !== null || after !== null) lines.push(lineOf(measure, before, after));
  }
  return [...lines, await alertsOf(session, base, spans)];
}

/** A trigger's own words and guide, for a longer time than its window. */
function measureOf(trigger: Trigger): Measure {
  const { name, guide, kind } = trigger;
  switch (kind) {
    case "ratio":
      return { what: name, unit: "ratio", guide, rule: { better: "lower", times: 1.5, limit: trigger.above } };
    case "count":
      return { what: name, unit: "number", guide, rule: { better: "lower", times: 1 } };
    case "baseline":
      return { what: name, unit: "seconds", guide, rule: { better: "lower", times: 1.5, floor: trigger.floor / 10 } };
    default:
      return kind satisfies never;
  }
}

async function valueAt(session: Session, base: string, promql: string, end: number): Promise<number | null> {
  const body = await getPrometheus(session, base, instant(promql, end));
  return readValue({ status: 200, body }) ?? null;
}

function instant(promql: string, end: number): string {
  return `/api/v1/query?query=${encodeURIComponent(promql)}&time=${end / 1000}`;
}

async function alertsOf(session: Session, base: string, { seconds, before, after }: Spans): Promise<Line> {
  const fired = async (end: number) => {
    const promql = `count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${seconds}s]))`;
    return namesIn(await getPrometheus(session, base, instant(promql, end)));
  };
  const [was, is] = [await fired(before), await fired(after)];
  return lineOf(measures.alerts, was.length, is.length, is);
}

const firing = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) }),
});

/** @param body of an answer with one series for each alert */
export function namesIn(body: string): readonly string[] {
  const { data } = firing.parse(JSON.parse(body));
  return data.result.map(({ metric }) => metric["alertname"] ?? "alert").sort();
}
