import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { archiveConfig, archiveNotes, archiveVolume } from "../archive/spec.ts";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import type { FileEntry } from "../steps/runner.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { type LitestreamSpec, litestreamContainer, litestreamFiles, litestreamFolders } from "./spec.ts";

/**
 * SQLite's log on a volume of its own, for restores to any moment. By PostgreSQL's names: the volume is data, which must keep its URN when a
 * system goes from one database to the other.
 */
export class Litestream extends pulumi.ComponentResource {
  /** Where its numbers are. */
  readonly notes: docker.Volume;
  readonly #host: DockerHost;
  readonly #name: string;
  readonly #data: docker.Volume;

  /** @param host with the data's generation: each has a log of its own */
  constructor(name: string, host: DockerHost, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Archive", name, {}, opts);
    this.#host = host;
    this.#name = name;
    this.#data = dataVolume(host, archiveVolume, { parent: this });
    this.notes = volume(host, archiveNotes, { parent: this });
    this.registerOutputs({});
  }

  /** @param after what makes the product's volumes and its database: a fresh volume gets its owner from whose image mounts it first */
  receive(spec: LitestreamSpec, after: pulumi.Resource): void {
    const parent = { parent: this };
    const [host, name] = [this.#host, this.#name];
    const config = volume(host, archiveConfig, parent);
    const write = (what: string, on: docker.Volume, entries: readonly FileEntry[]) =>
      new Files(`${name}-${what}`, { host, image: spec.image, volume: on.name, entries }, parent);
    const script = readFileSync(join(import.meta.dirname, "litestream.sh"), "utf8");
    const files = write("files", config, litestreamFiles(spec, script));
    const folders = litestreamFolders(spec);
    const dependsOn = [
      after,
      write("folder", this.#data, folders[archiveVolume] ?? []),
      write("notes-folder", this.notes, folders[archiveNotes] ?? []),
    ];
    new Part(host, name, litestreamContainer(host.place, spec), { ...parent, dependsOn }, files);
  }
}
