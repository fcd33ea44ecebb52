import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import { tmpfsOptions } from "./engine-api.ts";
import { type ContainerSpec, cgroupsPath, hardening, hostGatewayName, logOptions, type Place } from "./spec.ts";

/** The Docker engine a stack lives on; a stored input of every step, because deletes run after the program has ended. */
export interface DockerHost {
  /** e.g. `unix:///var/run/docker.sock` */
  readonly host: string;
  readonly place: Place;
}

/** What a container reads from a volume, as Files wrote it. */
export interface WrittenFiles {
  /** New with every write. */
  readonly written: pulumi.Output<string>;
}

/** A health check that changed must replace the container: the provider updates it in its state only (kreuzwerker#988). */
const replacing = ["healthcheck", "labels"];

/**
 * One long-lived part (store, proxy, prometheus) on a Docker host. Always removed before it is replaced: two servers on one data
 * directory corrupt it, and two processes cannot hold one port.
 */
export class Part extends docker.Container {
  /** `files`: what the container reads from a volume; changed files replace it, because no part re-reads its config by itself. */
  constructor(
    host: DockerHost,
    name: string,
    spec: ContainerSpec,
    opts: pulumi.CustomResourceOptions,
    files?: WrittenFiles,
  ) {
    const container = toProvider(spec);
    const written = files === undefined ? [] : [{ label: "slipway.files", value: files.written }];
    super(
      name,
      { ...container, labels: [...labelList(spec), ...written] },
      { ...opts, deleteBeforeReplace: true, replaceOnChanges: replacing },
    );
    new StepResource(
      { module: "container/limits.step.ts", type: "Limits" },
      `${name}-limits`,
      {
        ...host,
        container: this.id,
        name: spec.name,
        limits: spec.limits,
        restart: spec.restart,
        network: spec.network,
        deviation: "",
      },
      [],
      { ...(opts.parent && { parent: opts.parent }) },
    );
  }
}

/** The provider's arguments for a container; pure. pids and cpus, which it does not know, are set by the Limits step. */
export function toProvider(spec: ContainerSpec): docker.ContainerArgs {
  return {
    name: spec.name,
    image: spec.image,
    ...(spec.entrypoint && { entrypoints: [...spec.entrypoint] }),
    ...(spec.command && { command: [...spec.command] }),
    envs: Object.entries(spec.env)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
    user: spec.user,
    mounts: [
      ...spec.mounts.map((mount) => ({
        type: "volume",
        source: mount.volume,
        target: mount.path,
        readOnly: mount.readOnly ?? false,
      })),
      ...(spec.hostCgroups === true
        ? [{ type: "bind", source: cgroupsPath, target: cgroupsPath, readOnly: true }]
        : []),
    ],
    tmpfs: Object.fromEntries(spec.tmpfs.map((path) => [path, tmpfsOptions])),
    ...(spec.network === "host"
      ? { networkMode: "host" }
      : { networksAdvanced: spec.network.map((place) => ({ name: place.name, aliases: [...place.aliases] })) }),
    ...(spec.ports && {
      ports: spec.ports.map(({ address, port, inside, protocol }) => ({
        internal: inside,
        external: port,
        ip: address,
        ...(protocol && { protocol }),
      })),
    }),
    ...(spec.hostGateway === true && { hosts: [{ host: hostGatewayName, ip: "host-gateway" }] }),
    ...(spec.gpu === true && { gpus: "all" }),
    labels: labelList(spec),
    memory: spec.limits.memoryMb,
    memorySwap: spec.limits.memoryMb,
    capabilities: { drops: [...hardening.droppedCapabilities], adds: [...spec.capabilities] },
    securityOpts: [...hardening.securityOptions],
    readOnly: hardening.readOnlyRoot,
    ...(spec.init !== undefined && { init: spec.init }),
    restart: spec.restart,
    logDriver: "json-file",
    logOpts: { ...logOptions(spec.logs) },
    stopTimeout: spec.stopGraceSeconds,
    destroyGraceSeconds: spec.stopGraceSeconds,
    ...(spec.stopSignal && { stopSignal: spec.stopSignal }),
    ...(spec.health && {
      healthcheck: {
        tests: [...spec.health.test],
        interval: duration(spec.health.intervalSeconds),
        timeout: duration(spec.health.timeoutSeconds),
        startPeriod: duration(spec.health.startPeriodSeconds),
        retries: spec.health.retries,
      },
    }),
  };
}

/** As Go prints it, because so it is read back: `60s` would differ from `1m0s` at each preview, and replace the container each time. */
function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `${hours > 0 ? `${hours}h` : ""}${hours + minutes > 0 ? `${minutes}m` : ""}${rest}s`;
}

function labelList(spec: ContainerSpec): { label: string; value: string }[] {
  return Object.entries(spec.labels).map(([label, value]) => ({ label, value }));
}
