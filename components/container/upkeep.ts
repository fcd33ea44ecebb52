import type { ContainerSpec, Limits } from "./spec.ts";

/** All that a hand can change on a container that is there; the rest of it is fixed when it is made, and another container has another id. */
export type Upkeep = Pick<ContainerSpec, "limits" | "restart" | "network">;

/** The same as the engine tells it. */
export interface Kept {
  readonly running: boolean;
  readonly limits: Limits;
  readonly restart: string;
  /** Aliases by network. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
}

/** One thing that is not as it was made. */
export interface Difference {
  readonly what: string;
  readonly was: string;
  readonly is: string;
}

/** What is other than it was made; pure. */
export function differences(made: Upkeep, found: Kept): readonly Difference[] {
  const pairs: readonly (readonly [string, string, string])[] = [
    ["state", "running", found.running ? "running" : "stopped"],
    ["cores", cores(made.limits), cores(found.limits)],
    ["memory", memory(made.limits), memory(found.limits)],
    ["processes", processes(made.limits), processes(found.limits)],
    ["restart policy", made.restart, found.restart],
  ];
  const own = pairs.flatMap(([what, was, is]) => (was === is ? [] : [{ what, was, is }]));
  return [...own, ...networkDifferences(made, found)];
}

function networkDifferences({ network }: Upkeep, { networks }: Kept): readonly Difference[] {
  // The edge's only: nobody can connect a container of the host's network to another.
  if (network === "host") return [];
  const missing = network.flatMap(({ name, aliases }): readonly Difference[] => {
    const has = networks[name];
    if (has === undefined) return [{ what: `network ${name}`, was: "connected", is: "disconnected" }];
    const lost = aliases.filter((alias) => !has.includes(alias));
    return lost.length === 0 ? [] : [{ what: `network ${name}`, was: `known as ${lost.join(", ")}`, is: "not so" }];
  });
  const wanted = new Set(network.map(({ name }) => name));
  const foreign = Object.keys(networks).filter((name) => !wanted.has(name));
  return [...missing, ...foreign.map((name) => ({ what: `network ${name}`, was: "not connected", is: "connected" }))];
}

/** `memory: 512 MB instead of 1024 MB` */
export function inWords({ what, was, is }: Difference): string {
  return `${what}: ${is} instead of ${was}`;
}

function cores({ cpus }: Limits): string {
  return cpus === 0 ? "no limit" : String(Math.round(cpus * 100) / 100);
}

function memory({ memoryMb }: Limits): string {
  return memoryMb === 0 ? "no limit" : `${memoryMb} MB`;
}

function processes({ pids }: Limits): string {
  return pids <= 0 ? "no limit" : String(pids);
}
