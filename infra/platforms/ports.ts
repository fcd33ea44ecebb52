import type { System } from "../systems/system.ts";

/** Ports under which each workload is known: for users, for its own health, for Prometheus. */
export function portsOf({ workloads, routes, scrape, tcp }: System): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    workloads.map(({ name, duty }) => {
      const named = [...routes, ...scrape, ...tcp].filter(({ alias }) => alias === name).map(({ port }) => port);
      return [name, [...new Set([...(duty.kind === "worker" ? [] : [duty.port]), ...named])]];
    }),
  );
}
