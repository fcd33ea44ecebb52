import * as pulumi from "@pulumi/pulumi";
import type { DockerHost } from "../container/docker.ts";
import { dataVolume } from "./docker.ts";
import { partData } from "./spec.ts";

/** Stands for a part that the stack had and has no more: what is left of it is its data. */
class FormerPart extends pulumi.ComponentResource {
  constructor(
    host: DockerHost,
    volume: string,
    { type, name }: { readonly type: string; readonly name: string },
    parent: pulumi.Resource,
  ) {
    super(type, name, {}, { parent });
    dataVolume(host, volume, { parent: this });
    this.registerOutputs({});
  }
}

/** Keeps the data of parts that are on the host and that this program does not make: they are protected, and going would fail the update. */
export function keepPartData(
  { host, volumes }: { readonly host: DockerHost; readonly volumes: readonly string[] },
  made: Readonly<Record<string, pulumi.Resource | undefined>>,
  parent: pulumi.Resource,
): void {
  for (const [volume, owner] of Object.entries(partData)) {
    if (volumes.includes(volume) && made[owner.name] === undefined) new FormerPart(host, volume, owner, parent);
  }
}
