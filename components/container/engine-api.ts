import type Docker from "dockerode";
import { type ContainerSpec, cgroupsPath, hardening, hostGatewayName, logOptions, type PublishedPort } from "./spec.ts";
import type { Kept } from "./upkeep.ts";

const second = 1_000_000_000;
export const megabyte = 1024 * 1024;

/** The body of the engine's `POST /containers/create` for a container; pure, so that a test reads every limit. */
export function toEngine(spec: ContainerSpec): Docker.ContainerCreateOptions & { name: string } {
  const places = spec.network === "host" ? [] : spec.network;
  const first = places[0];
  return {
    name: spec.name,
    Image: spec.image,
    ...(spec.entrypoint && { Entrypoint: [...spec.entrypoint] }),
    ...(spec.command && { Cmd: [...spec.command] }),
    Env: environmentList(spec.env),
    User: spec.user,
    Labels: { ...spec.labels },
    ...(spec.stopSignal && { StopSignal: spec.stopSignal }),
    StopTimeout: spec.stopGraceSeconds,
    ...(spec.ports && {
      ExposedPorts: Object.fromEntries(spec.ports.map(({ inside, protocol = "tcp" }) => [`${inside}/${protocol}`, {}])),
    }),
    ...(spec.health && { Healthcheck: healthcheck(spec.health) }),
    HostConfig: {
      Mounts: [
        ...spec.mounts.map((mount) => ({
          Type: "volume" as const,
          Source: mount.volume,
          Target: mount.path,
          ReadOnly: mount.readOnly ?? false,
        })),
        ...(spec.hostCgroups === true
          ? [{ Type: "bind" as const, Source: cgroupsPath, Target: cgroupsPath, ReadOnly: true }]
          : []),
      ],
      Tmpfs: Object.fromEntries(spec.tmpfs.map((path) => [path, tmpfsOf(path, spec.user)])),
      NetworkMode: spec.network === "host" ? "host" : (first?.name ?? "none"),
      ...(spec.ports && { PortBindings: portBindings(spec.ports) }),
      RestartPolicy: { Name: spec.restart },
      LogConfig: spec.shipped
        ? { Type: "syslog", Config: { ...spec.shipped } }
        : { Type: "json-file", Config: { ...logOptions(spec.logs) } },
      ReadonlyRootfs: hardening.readOnlyRoot,
      CapDrop: [...hardening.droppedCapabilities],
      CapAdd: [...spec.capabilities],
      SecurityOpt: [...hardening.securityOptions],
      NanoCpus: Math.round(spec.limits.cpus * second),
      Memory: spec.limits.memoryMb * megabyte,
      // Equal to Memory: no swap, so that a leak ends the process instead of the host.
      MemorySwap: spec.limits.memoryMb * megabyte,
      PidsLimit: spec.limits.pids,
      ...(spec.init !== undefined && { Init: spec.init }),
      ...(spec.hostGateway === true && { ExtraHosts: [`${hostGatewayName}:host-gateway`] }),
      ...(spec.gpu === true && { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] }),
    },
    ...(first && { NetworkingConfig: { EndpointsConfig: { [first.name]: { Aliases: [...first.aliases] } } } }),
  };
}

/** The way back, of what can change on a container that is there. */
export function keptOf({ State, HostConfig, NetworkSettings }: Docker.ContainerInspectInfo): Kept {
  return {
    running: State.Running && !State.Restarting,
    limits: {
      cpus: (HostConfig.NanoCpus ?? 0) / second,
      memoryMb: (HostConfig.Memory ?? 0) / megabyte,
      pids: HostConfig.PidsLimit ?? 0,
    },
    restart: HostConfig.RestartPolicy?.Name || "no",
    networks: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => [name, Aliases ?? []]),
    ),
  };
}

function portBindings(ports: readonly PublishedPort[]): Record<string, { HostIp: string; HostPort: string }[]> {
  return Object.fromEntries(
    ports.map(({ address, port, inside, protocol = "tcp" }) => [
      `${inside}/${protocol}`,
      [{ HostIp: address, HostPort: String(port) }],
    ]),
  );
}

/** mode 1777: the process is not root and the mount would belong to root otherwise. */
export const tmpfsOptions = "rw,noexec,nosuid,nodev,size=64m,mode=1777";

/**
 * Every image has /tmp. A folder that it lacks is made by the engine, and when the container starts again its mount gets that folder's mode, 0755, in place
 * of the one that was asked for, but still the user that was: so it belongs to the process.
 */
function tmpfsOf(path: string, user: string): string {
  const [uid, gid = uid] = user.split(":");
  return path === "/tmp" ? tmpfsOptions : `${tmpfsOptions},uid=${uid},gid=${gid}`;
}

/** `NAME=value`, sorted: the same variables are the same list, in whatever order they were written. */
export function environmentList(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

function healthcheck(health: NonNullable<ContainerSpec["health"]>): Docker.HealthConfig {
  return {
    Test: [...health.test],
    Interval: health.intervalSeconds * second,
    Timeout: health.timeoutSeconds * second,
    StartPeriod: health.startPeriodSeconds * second,
    Retries: health.retries,
  };
}
