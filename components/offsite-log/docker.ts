import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { stackNetwork } from "../container/network.ts";
import { Files } from "../files/docker.ts";
import { volume } from "../volumes/docker.ts";
import {
  type AwaySecrets,
  type OffsiteLogSpec,
  offsiteLogConfig,
  offsiteLogContainer,
  offsiteLogFiles,
  offsiteLogNetwork,
  offsiteLogPart,
} from "./spec.ts";

export interface OffsiteLogArgs {
  readonly host: DockerHost;
  readonly spec: OffsiteLogSpec;
  readonly secrets: AwaySecrets;
  /** Who receives the log: its volumes have their folders by then. */
  readonly archive: pulumi.Resource;
}

/** Copies the archive's log off the host as it grows. */
export class OffsiteLog extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(name: string, args: OffsiteLogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:OffsiteLog", name, {}, opts);
    const { host, spec, secrets, archive } = args;
    const { place } = host;
    const parent = { parent: this };
    const network = stackNetwork(name, { place, name: offsiteLogNetwork(place), internal: false }, parent);
    const config = volume(host, offsiteLogConfig, parent);
    const script = readFileSync(join(import.meta.dirname, "offsite-log.sh"), "utf8");
    const entries = pulumi.secret(offsiteLogFiles(place, spec.away, secrets, script));
    const written = { host, image: spec.away.image, volume: config.name, entries };
    const files = new Files(`${name}-files`, written, parent);
    const dependsOn = [network, config, archive];
    this.container = new Part(host, offsiteLogPart, offsiteLogContainer(place, spec), { ...parent, dependsOn }, files);
    this.registerOutputs({});
  }
}
