/** The kinds of release that the bench makes, as plain data. */

/** A value in the stack's config file, by its path there. */
export interface Change {
  readonly path: readonly string[];
  readonly value: string | number | boolean;
}

export type Kind = "image" | "env" | "health" | "scale" | "certificate";

export type Step =
  | { readonly do: "configure"; readonly changes: readonly Change[] }
  /** No release of the workload: the edge renews its certificate by itself, see certificate.ts. */
  | { readonly do: "renew certificate" }
  /** Another certificate for raw TCP is given by config: the switch loads it while it runs. */
  | { readonly do: "give certificate" };

export interface Release {
  readonly kind: Kind;
  readonly steps: readonly Step[];
  /** The version that answers afterwards, when the release changes it. */
  readonly version?: string;
}

/** Seconds that Slipway takes on purpose in every release; the defaults, a minute and half a minute, would only make the bench longer. */
export const patience = { bakeSeconds: 10, drainSeconds: 5 } as const;

export const configure = (...changes: readonly Change[]): Step => ({ do: "configure", changes });
export const change = (value: Change["value"], ...path: readonly string[]): Change => ({ path, value });

/** On every stack of the bench. */
export const common: readonly Change[] = Object.entries(patience).map(([name, seconds]) =>
  change(seconds, "slipway:rollout", name),
);

/** Makes the edge's own certificates last minutes, so that one is renewed while the bench looks on: see certificate.ts. */
export const shortLivedCertificate: readonly Change[] = [change(3, "slipway:edge", "tls", "lifetimeMinutes")];

/** A new image is a new version as well: what answers tells which release it is. */
export function image(version: string): Release {
  const changes = [
    change(version, "slipway:image", "build", "args", "VERSION"),
    change(version, "slipway:app", "version"),
  ];
  return { kind: "image", steps: [configure(...changes)], version };
}

export function env(value: Change["value"], ...path: readonly string[]): Release {
  return { kind: "env", steps: [configure(change(value, "slipway:app", ...path))] };
}

export const health: Release = { kind: "health", steps: [configure(change(20, "slipway:health", "intervalSeconds"))] };

/** Down to one first, from what the other releases replace, so that 1 to 3 to 1 is in it. */
export function scale(...path: readonly string[]): Release {
  return { kind: "scale", steps: [1, 3, 1].map((replicas) => configure(change(replicas, "slipway:app", ...path))) };
}

export const renewedByEdge: Release = { kind: "certificate", steps: [{ do: "renew certificate" }] };
export const givenByConfig: Release = { kind: "certificate", steps: [{ do: "give certificate" }] };
