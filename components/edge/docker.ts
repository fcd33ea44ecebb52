import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { pemText } from "../options/pem.ts";
import type { Secret } from "../options/secret.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { certificateFiles, edgeFiles, rootsFiles } from "./files.ts";
import { tokenOf } from "./own.ts";
import { type EdgeSpec, edgeContainer, edgeDataVolume } from "./spec.ts";

export interface EdgeArgs {
  readonly host: DockerHost;
  readonly spec: EdgeSpec;
  /** The volume with the switch's sockets. */
  readonly run: docker.Volume;
  /** The volume with the socket of its numbers, where `spec.metrics` is set. */
  readonly metrics?: docker.Volume | undefined;
  /** What must stand before anybody reaches the edge, and while anybody does. @default nothing */
  readonly walls?: pulumi.Resource | undefined;
  /** For tls.mode own, both PEM. `seed`: a secret of the stack that stays. */
  readonly pair?: { readonly certificate: string; readonly key: Secret; readonly seed: pulumi.Output<string> };
}

/** The TLS edge on a Docker host: the only part that listens on the host. */
export class Edge extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Edge", name, {}, opts);
    const { host, spec, run, pair, walls, metrics } = args;
    const parent = { parent: this };
    // Certificates and the own CA: asking for them anew meets Let's Encrypt's limits, and clients trust this CA.
    const data = dataVolume(host, edgeDataVolume, parent);
    const config = volume(host, "edge-config", parent);
    const image = spec.image;
    const entries =
      pair === undefined
        ? [...edgeFiles(spec)]
        : pulumi.secret(pair.seed).apply((seed) => [...edgeFiles(spec, tokenOf(seed))]);
    const files = new Files(`${name}-files`, { host, image, volume: config.name, entries }, parent);
    const more = [walls, metrics, this.roots(name, args, data), this.certificate(name, args, config, files)];
    const dependsOn = [data, config, run, ...more.filter((each) => each !== undefined)];
    this.container = new Part(host, name, edgeContainer(host.place, spec), { ...parent, dependsOn }, files);
    this.registerOutputs({});
  }

  /** Apart from the other files: a new pair must not replace the edge. After them, because one volume has one writer at a time. */
  private certificate(name: string, { host, spec, pair }: EdgeArgs, config: docker.Volume, files: Files) {
    if (pair === undefined) return undefined;
    const entries = pulumi.secret(pair.key.secret).apply((key) => certificateFiles(pemText(pair.certificate, key)));
    return new Files(
      `${name}-certificate`,
      { host, image: spec.image, volume: config.name, entries },
      { parent: this, dependsOn: [files] },
    );
  }

  private roots(name: string, { host, spec }: EdgeArgs, data: docker.Volume): Files | undefined {
    const { tls } = spec;
    if (tls.mode === "internal" || tls.caRoot === undefined) return undefined;
    return new Files(
      `${name}-roots`,
      { host, image: spec.image, volume: data.name, entries: [...rootsFiles(tls.caRoot)] },
      { parent: this },
    );
  }
}
