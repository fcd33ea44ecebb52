import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { label, type Place } from "./spec.ts";

/** A network of the stack's, under its own name on the host. `internal`: no way out and no way in. */
export function stackNetwork(
  kind: string,
  { place, ...network }: { readonly place: Place; readonly name: string; readonly internal?: boolean },
  opts: pulumi.CustomResourceOptions,
): docker.Network {
  const labels = [
    { label: label.stack, value: place.stack },
    { label: label.system, value: place.system },
  ];
  return new docker.Network(kind, { ...network, labels }, opts);
}
