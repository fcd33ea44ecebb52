/** Names that the switch's config and its control at run time share. */

export const controlPort = 9999;
export const holdServer = "hold";
export const slotPrefix = "slot";
/** What a slot without a container is called; no name service knows it. */
export const unsetName = "unset.invalid";

export interface Backend {
  /** `<workload>-<port>`, e.g. `app-8000`. */
  readonly name: string;
  readonly alias: string;
  readonly port: number;
}

/** One backend for each port of a workload that a route names, in the order of the routes. */
export function backendsOf(routes: readonly { readonly alias: string; readonly port: number }[]): readonly Backend[] {
  const all = routes.map(({ alias, port }) => ({ name: `${alias}-${port}`, alias, port }));
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
