import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { stackNetwork } from "../container/network.ts";
import { Files } from "../files/docker.ts";
import { volume } from "../volumes/docker.ts";
import type { Receiver } from "./receivers.ts";
import { type ShipperSpec, shipNetwork, shipperContainer, shipperFiles, shipperPart } from "./spec.ts";

export interface ShipperArgs {
  readonly host: DockerHost;
  readonly spec: ShipperSpec;
  readonly receiver: Receiver;
  /** What is replaced in every line. */
  readonly secrets: pulumi.Output<readonly string[]>;
}

/** Sends on what the stack's containers print. */
export class LogShipper extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(name: string, { host, spec, receiver, secrets }: ShipperArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:LogShipper", name, {}, opts);
    const parent = { parent: this };
    const { place } = host;
    const network: docker.Network = stackNetwork("ship", { place, name: shipNetwork(place), internal: false }, parent);
    const config = volume(host, `${shipperPart}-config`, parent);
    const entries = pulumi.secret(secrets.apply((known) => shipperFiles(place, receiver, known, spec.limits.memoryMb)));
    const files = new Files(`${shipperPart}-files`, { host, image: spec.image, volume: config.name, entries }, parent);
    const before = { ...parent, dependsOn: [network, config] };
    this.container = new Part(host, shipperPart, shipperContainer(place, spec), before, files);
    this.registerOutputs({});
  }
}
