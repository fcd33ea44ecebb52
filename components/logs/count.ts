/** What the collector counts in the lines that it gets: plain data in, its config's pieces out. */

export interface LogPattern {
  /** Names its counter: small letters, digits and `_`, e.g. `connection_errors`. Unique in a system. */
  readonly name: string;
  /** Go's regular expression (RE2), looked for in each line. What matches leaves the host as a number alone. */
  readonly pattern: string;
  /** Whose lines: workloads and parts of the stack, e.g. `web`, `postgres`. */
  readonly parts: readonly string[];
  /** Where it comes from: guide, section and line, or why no guide has it. */
  readonly guide: string;
}

/** Where Prometheus asks the collector. */
export const countPort = 8889;

/** Every line, whatever it says: that it grows shows that lines arrive. */
export const allLines = "slipway_log_lines_total";

/** The counter that a pattern's lines are counted in. A rename loses the past of every alert on it. */
export function counterOf({ name }: Pick<LogPattern, "name">): string {
  return `slipway_log_${name}_total`;
}

/** What is counted stays: what is older than this was printed by a container that is gone. The collector's own default, five minutes, would begin at 0 again after each silence. */
const kept = "87600h";

/**
 * The collector's pieces that count. No batches before the connector: of two requests in one it would count the same process twice in one moment, and the
 * second be dropped as out of order. No memory limiter: it holds nothing, and a receiver of lines that is away must not end the counting.
 */
export function countingOf(patterns: readonly LogPattern[]) {
  for (const pattern of patterns) assertPattern(pattern, patterns);
  const counters = patterns.map((each) => [
    counterOf(each),
    { description: each.guide, conditions: each.parts.map((part) => condition(part, each.pattern)) },
  ]);
  return {
    connectors: { count: { logs: { [allLines]: { description: "lines printed" }, ...Object.fromEntries(counters) } } },
    // The connector says what each moment brought; Prometheus wants what there was since the start.
    processors: { deltatocumulative: { max_stale: kept } },
    exporters: {
      prometheus: { endpoint: `0.0.0.0:${countPort}`, add_metric_suffixes: false, metric_expiration: kept },
    },
    pipelines: {
      "logs/count": { receivers: ["udplog"], exporters: ["count"] },
      "metrics/count": { receivers: ["count"], processors: ["deltatocumulative"], exporters: ["prometheus"] },
    },
  };
}

/** In OTTL, whose strings have JSON's escapes. */
function condition(part: string, pattern: string): string {
  return `resource.attributes["service.name"] == ${JSON.stringify(part)} and IsMatch(body, ${JSON.stringify(pattern)})`;
}

function assertPattern({ name, parts }: LogPattern, all: readonly LogPattern[]): void {
  const wrong = (what: string) => new Error(`the log pattern ${JSON.stringify(name)} ${what}`);
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name === "lines")
    throw wrong("has no name of small letters, digits and _ (and not `lines`, which counts all)");
  if (parts.length === 0) throw wrong("names no part whose lines it is looked for in");
  if (all.filter((other) => other.name === name).length > 1) throw wrong("is there twice: a counter belongs to one");
}
