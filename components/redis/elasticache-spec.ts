import { tunnelName } from "../fargate/companion.ts";
import type { Beside } from "../fargate/task.ts";
import type { Tier } from "../options/tier.ts";
import { redisPort } from "./spec.ts";

/** Redis as ElastiCache runs it, and the way to it: plain data. */

export const cacheNodes: Readonly<Record<Tier, string>> = {
  small: "cache.t4g.micro",
  medium: "cache.t4g.small",
  large: "cache.m7g.large",
};

/** The last release of Redis that ElastiCache has, which knows all that the products ask for. */
export const cacheVersion = "7.1";
export const cacheFamily = "redis7";

/** As on the stack's own server: what is stored is told when it no longer fits, never dropped (a broker must not lose its queue). */
export const cacheParameters = [{ name: "maxmemory-policy", value: "noeviction" }] as const;

/** Where a task finds Redis: beside it. */
export const localRedis = "127.0.0.1";

const tmp = "/run/slipway-redis";

/**
 * Speaks TLS to ElastiCache for whatever is in the task, by the server's name and the CAs that the image trusts: a product that knows a host and a
 * password alone (guide 003, REDIS_HOST) is in no clear on the network all the same.
 */
export function redisTunnel<Late>(image: string, endpoint: Late, config: (endpoint: Late) => Late): Beside<Late> {
  const file = `${tmp}/haproxy.cfg`;
  return {
    name: tunnelName,
    image,
    user: "99:99",
    argv: ["sh", "-c", `printf '%s' "$SLIPWAY_HAPROXY" > ${file} && exec haproxy -W -db -f ${file}`],
    env: { SLIPWAY_HAPROXY: config(endpoint) },
    tmp,
    memoryMb: 64,
  };
}

/** The tunnel's config. A node that failed is another address under the same name. */
export function tunnelConfig(endpoint: string): string {
  return [
    "global",
    "  maxconn 1000",
    "defaults",
    "  mode tcp",
    "  timeout connect 5s",
    // A worker waits for its queue as long as there is nothing in it.
    "  timeout client 24h",
    "  timeout server 24h",
    "  option clitcpka",
    "  option srvtcpka",
    "resolvers vpc",
    "  parse-resolv-conf",
    "  hold valid 5s",
    "listen redis",
    `  bind ${localRedis}:${redisPort}`,
    `  server primary ${endpoint}:${redisPort} ssl verify required verifyhost ${endpoint} sni str(${endpoint}) ca-file @system-ca resolvers vpc init-addr libc,none`,
    "",
  ].join("\n");
}
