import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import type { Limits } from "../container/spec.ts";
import { Files } from "../files/docker.ts";
import { volume } from "../volumes/docker.ts";
import { type Exporter, exporterContainer, type Networks } from "./spec.ts";

export interface ExporterArgs {
  readonly host: DockerHost;
  readonly image: string;
  readonly networks: Networks;
  readonly limits: Limits;
  /** What it is; its files may hold a password, which the rest must not. */
  readonly exporter: Omit<Exporter, "files">;
  /** Empty for none. */
  readonly files: pulumi.Input<Exporter["files"]> | undefined;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** One exporter on a Docker host, not published. */
export class ExporterPart extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(args: ExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, image, networks, limits, exporter, files, dependsOn } = args;
    const { part } = exporter;
    super("slipway:docker:Exporter", part, {}, opts);
    const parent = { parent: this };
    const config = files === undefined ? undefined : volume(host, `${part}-config`, parent);
    const written =
      files === undefined || config === undefined
        ? undefined
        : new Files(`${part}-files`, { host, image, volume: config.name, entries: files }, parent);
    // For the container it counts only whether there are files.
    const known: Exporter = { ...exporter, files: files === undefined ? [] : [marker] };
    const spec = exporterContainer(host.place, known, { image, networks, limits });
    const before = [...dependsOn, ...(config === undefined ? [] : [config])];
    this.container = new Part(host, part, spec, { ...parent, dependsOn: before }, written);
    this.registerOutputs({});
  }
}

const marker = { path: "files", type: "file", mode: 0, uid: 0, gid: 0 } as const;
