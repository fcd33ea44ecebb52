/** Paths and ports inside the switch's container. */

export const runPath = "/run/slipway";
export const configPath = "/usr/local/etc/haproxy";
/** The runtime state's own directory: HAProxy forgets what its runtime API was told when it restarts. */
export const statePath = `${runPath}/switch-state`;
export const metricsPort = 8405;

/** Where a switch sees the sockets of an edge that is another stack's; its own state stays in its own volume. */
export const sharedPath = `${runPath}/shared`;

/** The socket on which the edge reaches a host name's system. @param at where its volume is mounted */
export function socketPath(host: string, at: string = runPath): string {
  return `${at}/${host}/http.sock`;
}

/** Where the switch makes the sockets on which the edge reaches it: the stack's own volume, or that of a shared edge. */
export function socketsAt({ share }: { readonly share?: string }): string {
  return share === undefined ? runPath : sharedPath;
}
