import { switchJob } from "../switch/names.ts";

/**
 * What watches a release after the switch: the triggers of guide 004, "When to Rollback" (database errors, 5xx over 1 %, start-up failures,
 * invalid values, query latency over twice the baseline). Plain data; invalid values and start-ups are `watch`'s `valid` and `alive`.
 */
interface Common {
  /** Unique in a system; completes "the trigger ... tripped". */
  readonly name: string;
  /** One number, aggregated: several series, or none, are no answer. `$window` is replaced by the seconds to look back, e.g. `60s`. */
  readonly promql: string;
  /** Where the limit comes from. */
  readonly guide: string;
}

export type Trigger =
  /** A part of a whole, 0 to 1, that must not be above the limit. */
  | (Common & { readonly kind: "ratio"; readonly above: number })
  /** Trips above so many times the value before the switch; ignored below `floor`, in the query's own unit, where a multiple is noise. */
  | (Common & { readonly kind: "baseline"; readonly times: number; readonly floor: number })
  /** A number of events that must not be above the limit. */
  | (Common & { readonly kind: "count"; readonly above: number });

export const longestWindowSeconds = 60;

/** Below so many requests in the window one odd answer is more than 1 %. */
export const fewestRequests = 50;

const guide = 'guide 004, "When to Rollback"';
const latencyFloorSeconds = 0.05;

/** The trigger's question for a window; whole seconds, as PromQL wants them. */
export function question(trigger: Pick<Trigger, "promql">, windowSeconds: number): string {
  return trigger.promql.replaceAll("$window", `${Math.max(1, Math.round(windowSeconds))}s`);
}

/** What the switch sees of every workload that answers users: `backends` are its backends' names, e.g. `app-8000`. */
export function switchTriggers(backends: readonly string[]): readonly Trigger[] {
  return backends.flatMap((backend) => [errors(backend), latency(backend)]);
}

function errors(backend: string): Trigger {
  const responses = (matchers: string) =>
    `sum(increase(haproxy_backend_http_responses_total{job="${switchJob}",proxy="${backend}"${matchers}}[$window]))`;
  return {
    kind: "ratio",
    name: `5xx answers of ${backend}`,
    promql: `${responses(',code="5xx"')} / (${responses("")} >= ${fewestRequests})`,
    above: 0.01,
    guide: `${guide}: 5xx error rate >1%`,
  };
}

/**
 * `response_time`, from the request's delivery to the answer's headers. `total_time` would hold the seconds that a request waited at the switch
 * during the release ((m) a request held for 3 s counted 3.0 s there, 1 ms here), and a stream's whole life.
 */
function latency(backend: string): Trigger {
  const of = `{job="${switchJob}",proxy="${backend}"}`;
  return {
    kind: "baseline",
    name: `request latency of ${backend}`,
    promql: windowMean(
      `haproxy_backend_response_time_average_seconds${of}`,
      `haproxy_backend_http_requests_total${of}`,
    ),
    times: 2,
    floor: latencyFloorSeconds,
    guide: `${guide}: Query latency >2x baseline`,
  };
}

/** HAProxy's TIME_STATS_SAMPLES: its averages weigh each request by 1/512. */
const samples = 512;

/**
 * The mean of the window alone, out of HAProxy's sliding average, which still holds the old release's answers after a switch. With n requests
 * in the window the average became `old * d + mean * (1 - d)`, d = exp(-n/512). (m) Before its first 512 requests HAProxy shows too little, 100
 * of 100 ms as 21 ms: then this says nothing.
 */
function windowMean(average: string, requests: string): string {
  const before = (metric: string) => `sum(${metric} offset $window)`;
  const n = `(sum(${requests}) - ${before(requests)})`;
  const d = `exp(-${n} / ${samples})`;
  const known = `(${n} >= ${fewestRequests}) and (${before(requests)} >= ${samples})`;
  return `(sum(${average}) - ${before(average)} * ${d}) / (1 - ${d}) and ${known}`;
}

/** A system's own histogram or summary in seconds, e.g. of its database queries: the mean of the window against the mean before. */
export function meanLatency(name: string, metric: string, floor: number = latencyFloorSeconds): Trigger {
  const sum = (suffix: string) => `sum(increase(${metric}_${suffix}[$window]))`;
  return {
    kind: "baseline",
    name,
    promql: `${sum("sum")} / (${sum("count")} >= ${fewestRequests})`,
    times: 2,
    floor,
    guide: `${guide}: Query latency >2x baseline`,
  };
}

/** A system's own counter of what must not happen, e.g. queries that failed; with labels: `queries_total{result="error"}`. */
export function noneOf(name: string, counter: string): Trigger {
  return {
    kind: "count",
    name,
    promql: `sum(increase(${counter}[$window]))`,
    above: 0,
    guide: `${guide}: constraint violations, query failures`,
  };
}
