/** Names that the switch's config and its control at run time share. */

export const controlPort = 9999;
/** Job under which Prometheus scrapes the switch. */
export const switchJob = "switch";
export const holdServer = "hold";
export const slotPrefix = "slot";
/** What a slot without a container is called; no name service knows it. */
export const unsetName = "unset.invalid";

export interface Backend {
  /** `<workload>-<port>`, e.g. `app-8000`. */
  readonly name: string;
  readonly alias: string;
  readonly port: number;
  /** Of a raw TCP route: the port on which the front network reaches it. */
  readonly listen?: number;
  /** Of an http route: who asks the replicas whether they are ready. */
  readonly ready?: ReadyCheck;
}

/** What the switch asks each replica; one that answers other than 2xx gets no request. */
export interface ReadyCheck {
  readonly path: string;
  /** The port that answers it, which need not be the one that the route leads to. */
  readonly port: number;
}

interface Way {
  readonly alias: string;
  readonly port: number;
}

/** One backend for each port of a workload that a route names, in the order of the routes; raw TCP after http. */
export function backendsOf(
  routes: readonly (Way & { readonly ready?: ReadyCheck })[],
  tcp: readonly (Way & { readonly listen: number })[] = [],
): readonly Backend[] {
  const all: readonly Backend[] = [
    ...routes.map(({ alias, port, ready }) => ({ name: `${alias}-${port}`, alias, port, ...(ready && { ready }) })),
    ...tcp.map(({ alias, port, listen }) => ({ name: `${alias}-${port}`, alias, port, listen })),
  ];
  return all.filter((each, place) => all.findIndex((other) => other.name === each.name) === place);
}

/** Where candidates are tried before users reach them. */
export function candidateBackend(name: string): string {
  return `candidate-${name}`;
}

/** The private port of the n-th backend's candidates. */
export function candidatePort(index: number): number {
  return 8480 + index;
}

/** The port inside the switch's container behind the n-th public raw TCP port. */
export function publicPort(index: number): number {
  return 8580 + index;
}
