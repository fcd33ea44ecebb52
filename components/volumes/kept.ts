import * as pulumi from "@pulumi/pulumi";
import type { DockerHost } from "../container/docker.ts";
import { dataVolume } from "./docker.ts";
import { basePart, formerStoreData, generationOf, partData } from "./spec.ts";

/** Stands for a part that the stack had and has no more: what is left of it is its data. */
class FormerPart extends pulumi.ComponentResource {
  constructor(
    host: DockerHost,
    volumes: readonly string[],
    { type, name }: { readonly type: string; readonly name: string },
    parent: pulumi.Resource,
  ) {
    super(type, name, {}, { parent });
    for (const volume of volumes) dataVolume(host, volume, { parent: this });
    this.registerOutputs({});
  }
}

/** Keeps the data of parts that are on the host and that this program does not make: they are protected, and going would fail the update. */
export function keepPartData(
  { host, dataHost, volumes }: Record<"host" | "dataHost", DockerHost> & { readonly volumes: readonly string[] },
  made: Readonly<Record<string, pulumi.Resource | undefined>>,
  parent: pulumi.Resource,
): void {
  const { generation = 0 } = dataHost.place;
  for (const [part, owner] of Object.entries(partData)) {
    if (made[owner.name] !== undefined) continue;
    const left = volumes.filter((volume) => basePart(volume) === part && generationOf(volume) <= generation);
    if (left.length > 0) new FormerPart(host, left.toSorted(), owner, parent);
  }
  for (const { volume, owner } of formerStoreData(volumes, dataHost.place)) {
    const store = made[owner];
    if (store !== undefined) dataVolume(host, volume, { parent: store });
  }
}
