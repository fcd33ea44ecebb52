import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import type { Limits } from "../container/spec.ts";
import { Files } from "../files/docker.ts";
import type { FileEntry } from "../steps/runner.ts";
import { volume } from "../volumes/docker.ts";
import { type Exporter, exporterContainer, exporterParts, type Networks } from "./spec.ts";

export interface ExporterArgs {
  readonly host: DockerHost;
  readonly image: string;
  readonly networks: Networks;
  readonly limits: Limits;
  readonly exporter: Exporter;
  /** What it reads. @default nothing */
  readonly files: pulumi.Input<readonly FileEntry[]> | undefined;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** One exporter on a Docker host, not published. */
export class ExporterPart extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(args: ExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, image, networks, limits, exporter, files, dependsOn } = args;
    const { part } = exporterParts[exporter.job];
    super("slipway:docker:Exporter", part, {}, opts);
    const parent = { parent: this };
    const config = files && volume(host, `${part}-config`, parent);
    const written = config && new Files(`${part}-files`, { host, image, volume: config.name, entries: files }, parent);
    const configured = config !== undefined;
    const spec = exporterContainer(host.place, { image, networks, limits, exporter, configured });
    const before = [...dependsOn, ...(config === undefined ? [] : [config])];
    this.container = new Part(host, part, spec, { ...parent, dependsOn: before }, written);
    this.registerOutputs({});
  }
}
