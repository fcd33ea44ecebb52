import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { stackNetwork } from "../container/network.ts";
import { innerNetwork } from "../container/spec.ts";
import { runVolume } from "../edge/share.ts";
import { Files } from "../files/docker.ts";
import { StepResource } from "../steps/resource.ts";
import type { FileEntry } from "../steps/runner.ts";
import { volume } from "../volumes/docker.ts";
import { certificateFile, stateDirectory, switchFiles } from "./files.ts";
import { publicNetwork, type SwitchSpec, switchContainer, switchUid } from "./spec.ts";

export interface SwitchArgs {
  readonly host: DockerHost;
  readonly spec: SwitchSpec;
  readonly network: docker.Network;
  readonly journal: docker.Volume;
  /** The volume with the socket of the edge's numbers, where `spec.edgeMetrics` is set. */
  readonly edgeMetrics?: docker.Volume | undefined;
  /** Of the public raw TCP ports, both PEM; needed where there are any. */
  readonly certificate?: { readonly certificate: pulumi.Input<string>; readonly key: pulumi.Input<string> };
}

/** The switch on a Docker host; the edge reaches it by a socket in the `run` of the edge's owner, users of raw TCP by a published port. */
export class Switch extends pulumi.ComponentResource {
  readonly container: Part;
  readonly run: docker.Volume;

  constructor(name: string, args: SwitchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Switch", name, {}, opts);
    const { host, spec } = args;
    const parent = { parent: this };
    this.run = volume(host, "run", parent);
    const config = volume(host, "switch-config", parent);
    const sockets = new Files(
      `${name}-sockets`,
      { host, image: spec.image, volume: this.run.name, entries: [...stateDirectory(host.place, spec)] },
      parent,
    );
    const hosts = this.hosts(name, args);
    const open = spec.public === undefined ? undefined : this.publicNetwork(host);
    const entries = open === undefined ? [...switchFiles(spec)] : publicFiles(spec, open);
    const files = new Files(`${name}-files`, { host, image: spec.image, volume: config.name, entries }, parent);
    const pem = this.certificate(name, args, config, files);
    const dependsOn = [
      config,
      sockets,
      hosts,
      args.journal,
      args.network,
      this.joined(name, args),
      ...[open, pem, args.edgeMetrics].flatMap((each) => each ?? []),
    ];
    this.container = new Part(host, name, switchContainer(host.place, spec), { ...parent, dependsOn }, files);
    if (pem !== undefined) this.load(name, host, pem);
    this.registerOutputs({});
  }

  /** The names under which the edge finds this switch. */
  private hosts(name: string, { host, spec }: SwitchArgs): StepResource {
    const { image, routes, share } = spec;
    const volume = share === undefined ? this.run.name : runVolume(host.place, share);
    const names = [...new Set(routes.map((route) => route.host))];
    return new StepResource(
      { module: "edge/hosts.step.ts", type: "Hosts" },
      `${name}-hosts`,
      { ...host, image, volume, hosts: names, uid: switchUid(host.place, share) },
      [],
      { parent: this },
    );
  }

  /** Who answers users is on the switch's network before the switch is. */
  private joined(name: string, { host, spec: { routes, tcp, network: to }, network }: SwitchArgs): StepResource {
    const workloads = [...new Set([...routes, ...tcp].map(({ alias }) => alias))];
    const from = innerNetwork(host.place, "private");
    return new StepResource(
      { module: "switch/join.step.ts", type: "Joined" },
      `${name}-joined`,
      { ...host, workloads, from, to, network: network.id },
      [],
      { parent: this },
    );
  }

  /** Not internal, for the published ports alone: nobody else joins it. */
  private publicNetwork({ place }: DockerHost): docker.Network {
    return stackNetwork("public", { place, name: publicNetwork(place) }, { parent: this });
  }

  /** Apart from the other files: a new certificate must not replace the switch. After them, because one volume has one writer at a time. */
  private certificate(
    name: string,
    { host, spec, certificate }: SwitchArgs,
    config: docker.Volume,
    files: Files,
  ): Files | undefined {
    if (spec.public === undefined) return undefined;
    if (certificate === undefined) throw new Error("public raw TCP needs a certificate: there is none without TLS");
    const entries = pulumi
      .all([certificate.certificate, certificate.key])
      .apply(([chain, key]) => [certificateFile(host.place, spec, { certificate: chain, key })]);
    return new Files(
      `${name}-certificate`,
      { host, image: spec.image, volume: config.name, entries },
      { parent: this, dependsOn: [files] },
    );
  }

  private load(name: string, host: DockerHost, pem: Files): StepResource {
    return new StepResource(
      { module: "switch/certificate.step.ts", type: "SwitchCertificate" },
      `${name}-certificate-load`,
      { ...host, written: pem.written, container: this.container.id },
      [],
      { parent: this },
    );
  }
}

/** Docker chooses the gateway when it makes the network. */
function publicFiles(spec: SwitchSpec, network: docker.Network): pulumi.Output<FileEntry[]> {
  return network.ipamConfigs.apply((configs) => [
    ...switchFiles(spec, configs.find(({ gateway }) => gateway?.includes("."))?.gateway),
  ]);
}
