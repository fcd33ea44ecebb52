/** Who can take the lines, by the exporter of OpenTelemetry's Collector that speaks to each. */
export const receivers = ["loki", "elasticsearch", "splunk", "datadog", "cloudwatch", "syslog", "otlp"] as const;

export interface Receiver {
  readonly to: (typeof receivers)[number];
  readonly url: string;
  readonly user?: string | undefined;
  readonly token?: string | undefined;
}

/** Name and settings of the exporter, as the Collector's documentation of each has them. @param stack names index, group and source */
export function exporterOf(receiver: Receiver, stack: string): readonly [string, Readonly<Record<string, unknown>>] {
  const { to, url, user, token } = receiver;
  switch (to) {
    case "loki":
      return ["otlphttp", { endpoint: `${url}/otlp`, headers: authorization(user, token), ...sending }];
    case "otlp":
      return ["otlphttp", { endpoint: url, headers: authorization(user, token), ...sending }];
    case "datadog":
      return ["otlphttp", { logs_endpoint: `${url}/v1/logs`, headers: { "dd-api-key": token }, ...sending }];
    case "elasticsearch":
      return [
        "elasticsearch",
        { endpoint: url, logs_index: `slipway-${stack}`, ...elasticLogin(user, token), ...queued },
      ];
    case "splunk":
      return ["splunk_hec", { endpoint: `${url}/services/collector`, token, source: `slipway-${stack}`, ...sending }];
    case "cloudwatch":
      return ["awscloudwatchlogs", { ...cloudwatch(url, stack), ...sending }];
    case "syslog":
      return ["syslog", { ...syslog(url), ...sending }];
  }
}

/** What waits in memory while the receiver is away, and is dropped when there is more: 2,000 batches of at most 100 lines, or what memory_limiter lets in. */
const queued = { sending_queue: { enabled: true, queue_size: 200, num_consumers: 2, block_on_overflow: false } };
const sending = { ...queued, retry_on_failure: { enabled: true, max_interval: "10s", max_elapsed_time: "0s" } };

function authorization(user: string | undefined, token: string | undefined): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  if (user === undefined) return { Authorization: `Bearer ${token}` };
  return { Authorization: `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}` };
}

function elasticLogin(user: string | undefined, token: string | undefined): Readonly<Record<string, unknown>> {
  const login = user === undefined ? { api_key: token } : { user, password: token };
  // Ten attempts in an hour would else be all, and the lines gone.
  return {
    ...(token !== undefined && login),
    mapping: { mode: "ecs" },
    retry: { enabled: true, max_interval: "10s", max_retries: 1000 },
  };
}

/** The region stands in AWS' own names, those of a VPC's endpoints too; what stands for AWS elsewhere has none of its own. */
function cloudwatch(url: string, stack: string): Readonly<Record<string, unknown>> {
  const region = /\b[a-z]{2}(-[a-z]+)+-\d\b/.exec(new URL(url).hostname)?.[0] ?? "us-east-1";
  return { endpoint: url, region, log_group_name: `/slipway/${stack}`, log_stream_name: "all" };
}

function syslog(url: string): Readonly<Record<string, unknown>> {
  const { protocol, hostname, port } = new URL(url);
  return {
    endpoint: hostname,
    port: Number(port),
    network: protocol === "udp:" ? "udp" : "tcp",
    protocol: "rfc5424",
    tls: { insecure: protocol !== "tls:" },
  };
}
