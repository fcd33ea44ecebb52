/** The parts Slipway does not write itself: where the official image is, and where its Debian twin is built from. */

/** `official`: pulled from a registry, pinned by digest. `debian`: built from images/ on one Debian base. */
export const FLAVOURS = ["official", "debian"] as const;
export type Flavour = (typeof FLAVOURS)[number];

export interface Part {
  /** Repository and tag of the official image, in Docker's familiar form; undefined for a part that nobody else makes: it is built. */
  readonly official: string | undefined;
  /** Build context of the Debian twin, relative to the checkout; forward slashes. */
  readonly context: string;
  /** Who the container runs as in both flavours: `uid:gid`. */
  readonly user: string;
}

const nobody = "65534:65534";
/** What watches, beside Prometheus; which of them a stack has says `slipway:watch.profile`. */
const WATCHERS = {
  alertmanager: { official: "prom/alertmanager:v0.28.1", context: "images/alertmanager", user: nobody },
  "node-exporter": { official: "prom/node-exporter:v1.9.1", context: "images/node-exporter", user: nobody },
  "redis-exporter": {
    official: "oliver006/redis_exporter:v1.69.0-alpine",
    context: "images/redis-exporter",
    user: nobody,
  },
  "postgres-exporter": {
    official: "prometheuscommunity/postgres-exporter:v0.17.1",
    context: "images/postgres-exporter",
    user: nobody,
  },
  "blackbox-exporter": {
    official: "prom/blackbox-exporter:v0.26.0",
    context: "images/blackbox-exporter",
    user: nobody,
  },
} as const satisfies Readonly<Record<string, Part>>;

/**
 * One container definition serves both flavours: the images/ folders keep the official images' paths, ports, arguments,
 * environment and user. Versions differ where Debian is older (Caddy 2.6, Prometheus 2.53), so definitions use what both know.
 */
export const CATALOG = {
  redis: { official: "redis:8", context: "images/redis", user: "999:999" },
  prometheus: { official: "prom/prometheus:v3.13.5", context: "images/prometheus", user: "65534:65534" },
  caddy: { official: "caddy:2", context: "images/caddy", user: "0:0" },
  curl: { official: "curlimages/curl:8.16.0", context: "images/curl", user: "0:0" },
  postgres: { official: "pgvector/pgvector:pg17", context: "images/postgres", user: "999:999" },
  chroma: { official: "chromadb/chroma:1.5.9", context: "images/chroma", user: "1000:1000" },
  ollama: { official: "ollama/ollama:0.12.6", context: "images/ollama", user: "1000:1000" },
  restic: { official: "restic/restic:0.18.0", context: "images/restic", user: "0:0" },
  litestream: { official: "litestream/litestream:0.5.9", context: "images/litestream", user: "1000:1000" },
  haproxy: { official: "haproxy:3.0", context: "images/haproxy", user: "99:99" },
  ...WATCHERS,
  "otel-collector": {
    official: "otel/opentelemetry-collector-contrib:0.130.0",
    context: "images/otel-collector",
    user: "10001:10001",
  },
  firewall: { official: undefined, context: "images/firewall", user: "0:0" },
} as const satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof CATALOG;
