import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { stackNetwork } from "../container/network.ts";
import { Files } from "../files/docker.ts";
import { volume } from "../volumes/docker.ts";
import type { LogPattern } from "./count.ts";
import type { Receiver } from "./receivers.ts";
import { type ShipperSpec, shipNetwork, shipperContainer, shipperFiles, shipperPart } from "./spec.ts";

export interface ShipperArgs {
  readonly host: DockerHost;
  readonly spec: ShipperSpec;
  /** Undefined: no line leaves the host. */
  readonly receiver: Receiver | undefined;
  /** What is counted in the lines. Undefined: nothing. */
  readonly counted: readonly LogPattern[] | undefined;
  /** What is replaced in every line. */
  readonly secrets: pulumi.Output<readonly string[]>;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Sends on what the stack's containers print, and counts in it. */
export class LogShipper extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(name: string, args: ShipperArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, spec, receiver, counted, secrets, dependsOn } = args;
    super("slipway:docker:LogShipper", name, {}, opts);
    const parent = { parent: this };
    const { place } = host;
    const network: docker.Network = stackNetwork("ship", { place, name: shipNetwork(place), internal: false }, parent);
    const config = volume(host, `${shipperPart}-config`, parent);
    const { memoryMb } = spec.limits;
    const entries = pulumi.secret(secrets.apply((known) => shipperFiles(place, receiver, known, memoryMb, counted)));
    const files = new Files(`${shipperPart}-files`, { host, image: spec.image, volume: config.name, entries }, parent);
    const before = { ...parent, dependsOn: [network, ...dependsOn, config] };
    this.container = new Part(host, shipperPart, shipperContainer(place, spec), before, files);
    this.registerOutputs({});
  }
}
