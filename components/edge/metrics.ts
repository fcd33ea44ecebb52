/**
 * Caddy's own numbers (guide 002, "System Health Metrics"): requests, times and sizes as users have them, and errors of its own, which the switch never sees. They are
 * had by a socket in a volume that the switch mounts too, and from the switch's port for metrics: the edge is on the host's network, where no container
 * gets to its loopback, and it opens no port for them.
 */
export const edgeMetricsVolume = "edge-run";
export const edgeMetricsFolder = "/run/edge";
export const edgeMetricsSocket = `${edgeMetricsFolder}/metrics.sock`;
/** Job under which Prometheus scrapes the edge, and its path at the switch. */
export const edgeJob = "edge";
export const edgeMetricsPath = "/edge";

/**
 * How the switch, another user, may write to the socket: by the permission bits of Caddy's address, or, with Debian's Caddy 2.6 that knows none, by the
 * process' own umask. (m) Keys and certificates are 0600 below 0700 whatever the umask is.
 */
export type SocketAccess = "bits" | "umask";

/** Caddyfile lines of a site that answers the edge's metrics on a socket which the switch alone asks; nothing else is there. */
export function metricsSite(access: SocketAccess): readonly string[] {
  return [
    "",
    "http:// {",
    `\tbind unix/${edgeMetricsSocket}${access === "bits" ? "|0222" : ""}`,
    "\thandle /metrics {",
    "\t\tmetrics",
    "\t}",
    "\thandle {",
    "\t\trespond 404",
    "\t}",
    "}",
  ];
}

/** The edge's command, with the umask that lets the switch write to the socket where the address cannot say so. */
export function metricsCommand(command: readonly string[], access: SocketAccess): readonly string[] {
  return access === "bits" ? command : ["sh", "-c", 'umask 0; exec "$@"', ...command.slice(0, 1), ...command];
}
