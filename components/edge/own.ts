import { createHmac } from "node:crypto";

/**
 * A certificate of one's own reaches Caddy at each handshake, from Caddy itself by an address of this host: a file that changed is shown to the
 * next connection, without a reload, which would cut connections that wait for their next request ((m) 238 of 47,351 POSTs failed).
 */

/** Not made at random as a resource: such a one is protected, and an edge with another `tls.mode` could not do without it. */
export function tokenOf(seed: string): string {
  return createHmac("sha256", seed).update("slipway edge certificate").digest("hex");
}

/** Two files with the same content, below the config's folder. */
export const ownPemFiles = ["own-a.pem", "own-b.pem"] as const;

/** An address of this host alone that no other edge has: 127.83 and the HTTPS port's two bytes. */
export function askAddress({ httpsPort }: { readonly httpsPort: number }): string {
  return `127.83.${httpsPort >> 8}.${httpsPort & 255}:2019`;
}

/** Within `tls`: asked one after the other, the second when the first has no whole pair. */
export function certificateLines(edge: { readonly httpsPort: number }, token: string): readonly string[] {
  return ownPemFiles.map((name) => `\t\tget_certificate http http://${askAddress(edge)}/${token}/${name}`);
}

/**
 * Answers Caddy itself with certificate and key, for names that a system has claimed. The token is what keeps other users of this host away: it stands
 * in the Caddyfile alone, which root can read.
 */
export function certificateRule(token: string, claimed: readonly string[]): readonly string[] {
  return [
    ...claimed,
    "\thandle @claimed {",
    `\t\turi strip_prefix /${token}`,
    "\t\troot * /etc/caddy",
    "\t\tfile_server",
    "\t}",
    "\thandle {",
    "\t\trespond 404",
    "\t}",
  ];
}
