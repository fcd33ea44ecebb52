import { type ContainerSpec, type Limits, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { runPath } from "../switch/spec.ts";
import type { EdgeLimits } from "./limits.options.ts";
import { edgeMetricsFolder, edgeMetricsVolume, metricsCommand, type SocketAccess } from "./metrics.ts";
import type { Tls } from "./options.ts";
import { edgeLabel } from "./share.ts";
import { signerOf } from "./trust.ts";

/**
 * Caddy: TLS for every host name of the system, and for those of the systems that share it. Its config is static: it reloads neither for
 * a release nor for a system that joins or leaves.
 */
export interface EdgeSpec {
  readonly image: string;
  readonly limits: Limits;
  readonly hosts: readonly string[];
  readonly httpsPort: number;
  /** Redirects to https, and answers ACME's HTTP-01; 0 is off. */
  readonly httpPort: number;
  /** Addresses to listen on; empty means all. `local` listens on loopback alone. */
  readonly bind: readonly string[];
  readonly tls: EdgeTls;
  /** What a client may ask for. */
  readonly clients: Omit<EdgeLimits, "requestsPerMinute">;
  /** Its own numbers are counted, and had by a socket. @default not */
  readonly metrics?: SocketAccess;
}

export type EdgeTls =
  | Extract<Tls, { readonly mode: "internal" | "acme" }>
  /** Certificate and key come beside it: another pair changes neither the config nor the container. */
  | { readonly mode: "own"; readonly caRoot?: string };

export { internalRoot } from "./trust.ts";
export const edgeDataVolume = "edge-data";

/**
 * In host networking, because Docker's userland proxy hides the client's address. It runs as root with the single capability to bind a
 * port below 1024: with no-new-privileges a file capability, the other way for another user, is not granted.
 */
export function edgeContainer(place: Place, spec: EdgeSpec): ContainerSpec {
  const command = ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"];
  const { metrics } = spec;
  return {
    name: resourceName(place, "edge"),
    image: spec.image,
    command: metrics === undefined ? command : metricsCommand(command, metrics),
    env: {},
    user: "0:0",
    mounts: [
      { volume: resourceName(place, edgeDataVolume), path: "/data" },
      { volume: resourceName(place, "edge-config"), path: "/etc/caddy", readOnly: true },
      { volume: resourceName(place, "run"), path: runPath, readOnly: true },
      ...(metrics === undefined ? [] : [{ volume: resourceName(place, edgeMetricsVolume), path: edgeMetricsFolder }]),
    ],
    tmpfs: ["/config", "/tmp"],
    network: "host",
    labels: {
      ...labelsFor(place, "edge", "part"),
      [edgeLabel.port]: String(spec.httpsPort),
      [edgeLabel.ca]: signerOf(spec.tls),
    },
    limits: spec.limits,
    capabilities: ["NET_BIND_SERVICE"],
    restart: "unless-stopped",
    stopGraceSeconds: 15,
  };
}
