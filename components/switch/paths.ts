/** Paths and ports inside the switch's container. */

export const runPath = "/run/slipway";
export const configPath = "/usr/local/etc/haproxy";
/** The runtime state's own directory: HAProxy forgets what its runtime API was told when it restarts. */
export const statePath = `${runPath}/switch-state`;
export const metricsPort = 8405;

/** The socket on which the edge reaches a host name's system. */
export function socketPath(host: string): string {
  return `${runPath}/${host}/http.sock`;
}
