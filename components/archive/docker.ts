import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import type { Postgres } from "../postgres/docker.ts";
import { StepResource } from "../steps/resource.ts";
import type { FileEntry } from "../steps/runner.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import {
  type ArchiveSpec,
  archiveConfig,
  archiveContainer,
  archiveFiles,
  archiveFolders,
  archiveNotes,
  archiveVolume,
} from "./spec.ts";

export interface ArchiveArgs {
  /** With the data's generation: each has a log of its own. */
  readonly host: DockerHost;
  readonly spec: ArchiveSpec;
  readonly network: docker.Network;
  readonly server: Postgres;
  readonly password: pulumi.Input<string>;
}

/** PostgreSQL's log and base backups on a volume of their own, for restores to any moment. */
export class Archive extends pulumi.ComponentResource {
  readonly container: Part;
  /** Where its numbers are. */
  readonly notes: docker.Volume;

  constructor(name: string, args: ArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Archive", name, {}, opts);
    const { host, spec, network } = args;
    const password = pulumi.output(args.password);
    const parent = { parent: this };
    const data = dataVolume(host, archiveVolume, parent);
    const config = volume(host, archiveConfig, parent);
    this.notes = volume(host, archiveNotes, parent);
    const write = (what: string, on: docker.Volume, entries: pulumi.Input<readonly FileEntry[]>) =>
      new Files(`${name}-${what}`, { host, image: spec.image, volume: on.name, entries }, parent);
    const script = readFileSync(join(import.meta.dirname, "archive.sh"), "utf8");
    const files = write(
      "files",
      config,
      password.apply((text) => archiveFiles(script, text)),
    );
    const folders = [
      write("folder", data, [...(archiveFolders[archiveVolume] ?? [])]),
      write("notes-folder", this.notes, [...(archiveFolders[archiveNotes] ?? [])]),
    ];
    const dependsOn = [data, this.notes, network, ...folders, this.role(name, args, password)];
    this.container = new Part(host, name, archiveContainer(host.place, spec), { ...parent, dependsOn }, files);
    this.registerOutputs({});
  }

  private role(name: string, { host, spec, server }: ArchiveArgs, password: pulumi.Output<string>): StepResource {
    return new StepResource(
      { module: "archive/role.step.ts", type: "ArchiveRole" },
      `${name}-role`,
      { ...host, container: server.container.id, database: spec.database, password },
      ["password"],
      { parent: this, dependsOn: server.ready },
    );
  }
}
