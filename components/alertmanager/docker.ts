import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { volume } from "../volumes/docker.ts";
import type { Telling } from "./routes.ts";
import { type AlertmanagerSpec, alertmanagerContainer, alertmanagerFiles } from "./spec.ts";

export interface AlertmanagerArgs {
  readonly host: DockerHost;
  readonly spec: AlertmanagerSpec;
  readonly telling: Telling;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Alertmanager on a Docker host, with a way out to those whom it tells. */
export class Alertmanager extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(
    name: string,
    { host, spec, telling, dependsOn }: AlertmanagerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("slipway:docker:Alertmanager", name, {}, opts);
    const parent = { parent: this };
    const data = volume(host, `${name}-data`, parent);
    const config = volume(host, `${name}-config`, parent);
    const entries = pulumi.secret(alertmanagerFiles(telling));
    const files = new Files(`${name}-files`, { host, image: spec.image, volume: config.name, entries }, parent);
    const before = { ...parent, dependsOn: [...dependsOn, data, config] };
    this.container = new Part(host, name, alertmanagerContainer(host.place, spec), before, files);
    this.registerOutputs({});
  }
}
