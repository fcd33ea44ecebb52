/** What the bench does with each system, as plain data: its config, its requests, and the five kinds of release. */

/** A value in the stack's config file, by its path there. */
export interface Change {
  readonly path: readonly string[];
  readonly value: string | number;
}

export type Kind = "image" | "env" | "health" | "scale" | "certificate";

export type Step =
  | { readonly do: "configure"; readonly changes: readonly Change[] }
  /** No release of the workload: the edge renews its certificate by itself, see certificate.ts. */
  | { readonly do: "renew certificate" };

export interface Release {
  readonly kind: Kind;
  readonly steps: readonly Step[];
  /** The version that answers afterwards, when the release changes it. */
  readonly version?: string;
}

/** A command in the one running container of a part. */
export interface PartCommand {
  readonly part: string;
  readonly argv: readonly string[];
}

export interface Scenario {
  readonly system: string;
  readonly mode: "stop-first" | "overlap";
  readonly domain: string;
  /** Before the first launch. */
  readonly setUp: readonly Change[];
  readonly get: { readonly path: string };
  /** `$key` becomes the request's own key. */
  readonly post: { readonly path: string; readonly body: string };
  /** Prints the bearer of the requests. */
  readonly bearer?: PartCommand;
  /** Prints the keys that were written, one a line; `$prefix` becomes the run's own. */
  readonly written: PartCommand;
  readonly web: { readonly part: string; readonly port: number };
  /** What compose starts instead: Slipway's workers wait behind a gate that only Rollout opens. */
  readonly composeCommands: Readonly<Record<string, readonly string[]>>;
  readonly releases: readonly Release[];
}

/**
 * More than the 300 requests a second that are promised, and 20 streams. One Python process of TMWS answers some 350 of them a second on two
 * cores, fewer when it writes more: a load that it cannot carry without a release would measure a queue.
 */
export const load = {
  requestsPerSecond: 305,
  postShare: 0.08,
  freshShare: 0.02,
  connections: 16,
  timeoutMs: 10_000,
  streams: { count: 20, path: "/stream", backWithinMs: 2_000, silentAfterMs: 5_000 },
} as const;

/** Seconds of load around each release: what it is compared with, and what it may still do to requests afterwards. */
export const stretches = { warmUp: 5, before: 8, after: 4 } as const;

/** Seconds that Slipway takes on purpose in every release; the defaults, a minute and half a minute, would only make the bench longer. */
export const patience = { bakeSeconds: 10, drainSeconds: 5 } as const;

const configure = (...changes: readonly Change[]): Step => ({ do: "configure", changes });
const change = (value: string | number, ...path: readonly string[]): Change => ({ path, value });

/** Makes the edge's own certificates last minutes, so that one is renewed while the bench looks on: see certificate.ts. */
const shortLivedCertificate: readonly Change[] = [change(3, "slipway:edge", "tls", "lifetimeMinutes")];

/** On every stack of the bench. */
const common: readonly Change[] = [
  ...Object.entries(patience).map(([name, seconds]) => change(seconds, "slipway:rollout", name)),
  ...shortLivedCertificate,
];

const health: Release = { kind: "health", steps: [configure(change(20, "slipway:health", "intervalSeconds"))] };
const certificate: Release = { kind: "certificate", steps: [{ do: "renew certificate" }] };

/** A new image is a new version as well: what answers tells which release it is. */
function image(version: string): Release {
  const changes = [
    change(version, "slipway:image", "build", "args", "VERSION"),
    change(version, "slipway:app", "version"),
  ];
  return { kind: "image", steps: [configure(...changes)], version };
}

const tmws: Scenario = {
  system: "tmws",
  mode: "stop-first",
  domain: "tmws.localhost",
  setUp: [
    change("1000000", "slipway:app", "extraEnv", "TMWS_RATE_LIMIT_PER_MINUTE"),
    // A line in the log for each request is a tenth of its work.
    change("WARNING", "slipway:app", "logLevel"),
    ...common,
  ],
  get: { path: "/health" },
  post: { path: "/api/v1/memories", body: '{"text":"$key"}' },
  bearer: { part: "app", argv: ["tmws", "api-key"] },
  written: {
    part: "app",
    argv: ["sqlite3", "/app/data/tmws.db", "SELECT text FROM memories WHERE text LIKE '$prefix%'"],
  },
  web: { part: "app", port: 8000 },
  composeCommands: {},
  releases: [
    image("2.4.1"),
    { kind: "env", steps: [configure(change("ERROR", "slipway:app", "logLevel"))] },
    health,
    certificate,
  ],
};

const orders: Scenario = {
  system: "orders",
  mode: "overlap",
  domain: "orders.localhost",
  setUp: [
    change("./test/workloads/orders/system.ts", "slipway:system"),
    change("test/workloads/orders", "slipway:image", "build", "context"),
    change("orders.localhost", "slipway:edge", "domain"),
    ...common,
  ],
  get: { path: "/version" },
  post: { path: "/orders", body: '{"key":"$key","item":"bolt","quantity":1}' },
  written: {
    part: "postgres",
    argv: ["psql", "-U", "postgres", "-d", "orders", "-Atc", "SELECT key FROM orders WHERE key LIKE '$prefix%'"],
  },
  web: { part: "web", port: 8000 },
  composeCommands: { worker: ["orders-worker"] },
  releases: [
    image("1.0.1"),
    { kind: "env", steps: [configure(change("good day", "slipway:app", "extraEnv", "ORDERS_GREETING"))] },
    health,
    // From the three that the other releases replace: down to one first, so that 1 to 3 to 1 is in it.
    {
      kind: "scale",
      steps: [1, 3, 1].map((replicas) => configure(change(replicas, "slipway:app", "replicas"))),
    },
    certificate,
  ],
};

const scenarios: readonly Scenario[] = [tmws, orders];

/** @throws Error naming what there is */
export function scenariosOf(system: string | undefined, only: readonly string[]): readonly Scenario[] {
  const chosen = scenarios.filter((each) => system === undefined || each.system === system);
  if (chosen.length === 0)
    throw new Error(`no system "${system}"; there are ${scenarios.map((each) => each.system).join(", ")}`);
  const kinds = new Set(chosen.flatMap((each) => each.releases.map((release) => release.kind)));
  const unknown = only.filter((word) => ![...kinds].some((kind) => kind === word));
  if (unknown.length > 0) throw new Error(`no release "${unknown.join(", ")}"; there are ${[...kinds].join(", ")}`);
  if (only.length === 0) return chosen;
  return chosen.map((each) => ({ ...each, releases: each.releases.filter(({ kind }) => only.includes(kind)) }));
}
