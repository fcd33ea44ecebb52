import { z } from "zod";
import { judge } from "../../components/bake/judge.ts";
import { askPrometheus } from "../../components/bake/prometheus.ts";
import { longestWindowSeconds, question, type Trigger as Watched } from "../../components/bake/spec.ts";
import { curlCommand, curlConfig, curlConfigVariable, parseAnswer } from "../../components/probe/spec.ts";
import type { Session } from "../../components/steps/session.ts";
import { switchJob } from "../../components/switch/names.ts";
import { hourMs, type Metered, minuteMs } from "./golden.ts";
import type { Alert, Trigger } from "./report.ts";

/** The current values of a system's triggers, asked one after the other in a session on the front network. */
export async function askTriggers(
  session: Session,
  base: string,
  triggers: readonly Watched[],
): Promise<readonly Trigger[]> {
  const ask = askPrometheus(session, base);
  const found: Trigger[] = [];
  for (const trigger of triggers) found.push(triggerNow(trigger, await ask(question(trigger, longestWindowSeconds))));
  return found;
}

/** Pure. What is compared with the time before a release has no baseline here, so it shows its value and cannot trip. */
export function triggerNow(trigger: Watched, value: number | undefined): Trigger {
  return {
    name: trigger.name,
    value: value ?? null,
    allowed: trigger.kind === "baseline" ? null : trigger.above,
    unit: trigger.kind === "baseline" ? "seconds" : trigger.kind,
    guide: trigger.guide,
    tripped: judge(trigger, {}, value) ?? null,
  };
}

const alerts = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        state: z.string(),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()).default({}),
        activeAt: z.string(),
      }),
    ),
  }),
});

/** What Prometheus has as firing now. @throws Error when it does not answer */
export async function askAlerts(session: Session, base: string): Promise<readonly Alert[]> {
  return readAlerts(await getPrometheus(session, base, "/api/v1/alerts"));
}

/** @param body of `/api/v1/alerts`; pending ones are no alerts yet */
export function readAlerts(body: string): readonly Alert[] {
  return alerts.parse(JSON.parse(body)).data.alerts.flatMap(({ state, labels, annotations, activeAt }) =>
    state !== "firing"
      ? []
      : [
          {
            name: labels["alertname"] ?? "alert",
            severity: labels["severity"] ?? "none",
            summary: annotations["summary"] ?? annotations["description"] ?? "",
            ...(annotations["runbook"] !== undefined && { runbook: annotations["runbook"] }),
            since: new Date(activeAt).toISOString(),
          },
        ],
  );
}

const users = `job="${switchJob}",proxy=~"route.*"`;
const questions = {
  requests: `sum(increase(haproxy_frontend_http_responses_total{${users}}[60s]))`,
  errors: `sum(increase(haproxy_frontend_http_responses_total{${users},code="5xx"}[60s]))`,
  connections: `max(haproxy_process_current_connections{job="${switchJob}"} / haproxy_process_max_connections{job="${switchJob}"})`,
  busy: `1 - min(haproxy_process_idle_time_percent{job="${switchJob}"}) / 100`,
} as const;

/** What Prometheus knows of the hour before a time. */
export async function askHour(session: Session, base: string, now: number): Promise<Metered> {
  const range = async (query: string) => {
    const [start, end] = [now - hourMs + minuteMs, now].map((ms) => ms / 1000);
    const path = `/api/v1/query_range?query=${encodeURIComponent(query)}&start=${start}&end=${end}&step=60`;
    return readRange(await getPrometheus(session, base, path));
  };
  const [requests, errors, connections, busy] = await Promise.all([
    range(questions.requests),
    range(questions.errors),
    range(questions.connections),
    range(questions.busy),
  ]);
  const times = [...new Set([...connections.keys(), ...busy.keys()])];
  const saturation = new Map(times.map((at) => [at, Math.max(connections.get(at) ?? 0, busy.get(at) ?? 0)]));
  return { requests, errors, saturation };
}

const matrix = z.object({
  status: z.literal("success"),
  data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }),
});

/** The one series of an answer, by ms since 1970; what is no number (NaN, of 0/0) is left out. */
export function readRange(body: string): ReadonlyMap<number, number> {
  const [series] = matrix.parse(JSON.parse(body)).data.result;
  const values = (series?.values ?? []).map(([at, text]) => [Math.round(at * 1000), Number(text)] as const);
  return new Map(values.filter(([, value]) => Number.isFinite(value)));
}

/** The body of an answer of its API. @throws Error with what it said instead */
export async function getPrometheus(session: Session, base: string, path: string): Promise<string> {
  const probe = { name: "prometheus", via: "network", method: "GET", path, expect: { status: 200 } } as const;
  const config = curlConfig(probe, { base, options: [] }, undefined);
  const { output, exitCode } = await session.run({ argv: curlCommand, env: { [curlConfigVariable]: config } });
  const answer = parseAnswer(output);
  if (answer?.status === 200) return answer.body;
  throw new Error(
    answer === undefined
      ? output.trim() || `curl exited with ${exitCode}`
      : `${answer.status} ${answer.body.slice(0, 200)}`,
  );
}
