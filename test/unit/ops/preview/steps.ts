import type { Change, Values } from "../../../../ops/preview/steps.ts";

/** A change as `readPreview` makes it. */
export function change(op: Change["op"], type: string, name: string, before: Values = {}, after: Values = {}): Change {
  const keys = Object.keys({ ...before, ...after }).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  return { op, stack: "staging", type, name, before, after, outputs: {}, keys };
}

export const volume = "docker:index/volume:Volume";
export const container = "docker:index/container:Container";
export const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;

/** A step of `pulumi preview --json`. */
export function rawStep(op: string, type: string, name: string, before?: Values, after?: Values) {
  return {
    op,
    urn: `urn:pulumi:staging::slipway::slipway:docker:System$${type}::${name}`,
    ...(before && { oldState: { type, inputs: before } }),
    ...(after && { newState: { type, inputs: after } }),
    detailedDiff: null,
  };
}
