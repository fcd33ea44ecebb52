import { stringify } from "yaml";
import { z } from "zod";
import { label } from "../../components/container/spec.ts";

const strings = z.array(z.string()).nullish();

/** What a compose file needs of the engine's answer to `GET /containers/{id}/json`. */
export const inspected = z.object({
  Id: z.string(),
  Image: z.string(),
  Config: z.object({
    Cmd: strings,
    Entrypoint: strings,
    Env: z.array(z.string()),
    User: z.string(),
    WorkingDir: z.string(),
    Labels: z.record(z.string(), z.string()),
    StopSignal: z.string().optional(),
    StopTimeout: z.number().optional(),
    Healthcheck: z
      .object({
        Test: z.array(z.string()),
        Interval: z.number(),
        Timeout: z.number(),
        StartPeriod: z.number().optional(),
        Retries: z.number(),
      })
      .optional(),
  }),
  HostConfig: z.object({
    NetworkMode: z.string(),
    RestartPolicy: z.object({ Name: z.string() }),
    LogConfig: z.object({ Type: z.string(), Config: z.record(z.string(), z.string()) }),
    ReadonlyRootfs: z.boolean(),
    CapAdd: strings,
    CapDrop: strings,
    SecurityOpt: strings,
    Tmpfs: z.record(z.string(), z.string()).nullish(),
    Memory: z.number(),
    MemorySwap: z.number(),
    NanoCpus: z.number(),
    PidsLimit: z.number().nullish(),
    PortBindings: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() }))).nullish(),
  }),
  Mounts: z.array(z.object({ Type: z.literal("volume"), Name: z.string(), Destination: z.string(), RW: z.boolean() })),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ Aliases: strings })) }),
});

export type Inspected = z.infer<typeof inspected>;

export interface ComposeWishes {
  readonly containers: readonly Inspected[];
  /** The workload's part and the command that migrates its data before it starts. */
  readonly migration: { readonly part: string; readonly command: readonly string[]; readonly workingDir: string };
  /** Volume of the stack -> volume that was filled with the same files; all others are made empty by compose. */
  readonly filled: Readonly<Record<string, string>>;
  /** Networks that have a way out. @default none */
  readonly open?: readonly string[];
}

/** A compose file of what a stack's containers are, and the migration as a one-shot service that the workload waits for. Pure. */
export function composeFile({ containers, migration, filled, open = [] }: ComposeWishes): string {
  const services: Record<string, object> = {};
  for (const container of containers) {
    const part = partOf(container);
    services[part] = service(container);
    if (part !== migration.part) continue;
    services["migration"] = {
      ...service(container),
      command: migration.command.map(literal),
      working_dir: migration.workingDir,
      restart: "no",
      healthcheck: { disable: true },
    };
    services[part] = { ...services[part], depends_on: { migration: { condition: "service_completed_successfully" } } };
  }
  const volumes = unique(containers.flatMap((each) => each.Mounts.map((mount) => mount.Name)));
  const networks = unique(containers.flatMap((each) => Object.keys(networksOf(each))));
  const file = {
    services,
    volumes: Object.fromEntries(
      volumes.map((name) => [name, filled[name] ? { external: true, name: filled[name] } : {}]),
    ),
    networks: Object.fromEntries(networks.map((name) => [name, { internal: !open.includes(name) }])),
  };
  // The older docker-compose reads YAML 1.1, where a bare `no` is false.
  return stringify(file, { version: "1.1" });
}

/** Volumes that a container only reads hold what somebody rendered for it; with the path at which it reads. Pure. */
export function renderedVolumes(
  containers: readonly Inspected[],
): readonly { volume: string; container: string; path: string }[] {
  const read = containers.flatMap(({ Id, Mounts }) =>
    Mounts.filter((mount) => !mount.RW).map((mount) => ({
      volume: mount.Name,
      container: Id,
      path: mount.Destination,
    })),
  );
  return read.filter(({ volume }, index) => read.findIndex((each) => each.volume === volume) === index);
}

export function partOf(container: Inspected): string {
  const part = container.Config.Labels[label.part];
  if (part === undefined)
    throw new Error(`container ${container.Id} has no label ${label.part}: it is of no stack of ours`);
  return part;
}

function service({ Image, Id, Config, HostConfig, Mounts, NetworkSettings }: Inspected): object {
  const networks = networksOf({ HostConfig, NetworkSettings });
  return {
    image: Image,
    ...(Config.Entrypoint && { entrypoint: Config.Entrypoint.map(literal) }),
    ...(Config.Cmd && { command: Config.Cmd.map(literal) }),
    environment: Config.Env.map(literal),
    user: Config.User,
    volumes: Mounts.map((mount) => ({
      type: "volume",
      source: mount.Name,
      target: mount.Destination,
      read_only: !mount.RW,
    })),
    tmpfs: Object.entries(HostConfig.Tmpfs ?? {}).map(([path, options]) => `${path}:${options}`),
    ...(HostConfig.NetworkMode === "host"
      ? { network_mode: "host" }
      : {
          networks: Object.fromEntries(
            Object.entries(networks).map(([name, aliases]) => [name, { aliases: others(aliases, Id) }]),
          ),
        }),
    ...ports(HostConfig.PortBindings ?? {}),
    mem_limit: HostConfig.Memory,
    memswap_limit: HostConfig.MemorySwap,
    cpus: HostConfig.NanoCpus / 1e9,
    ...(HostConfig.PidsLimit && { pids_limit: HostConfig.PidsLimit }),
    read_only: HostConfig.ReadonlyRootfs,
    cap_add: HostConfig.CapAdd ?? [],
    cap_drop: HostConfig.CapDrop ?? [],
    security_opt: HostConfig.SecurityOpt ?? [],
    restart: HostConfig.RestartPolicy.Name,
    logging: { driver: HostConfig.LogConfig.Type, options: HostConfig.LogConfig.Config },
    ...(Config.StopSignal && { stop_signal: Config.StopSignal }),
    ...(Config.StopTimeout !== undefined && { stop_grace_period: `${Config.StopTimeout}s` }),
    ...(Config.Healthcheck && { healthcheck: healthcheck(Config.Healthcheck) }),
  };
}

function ports(bindings: NonNullable<Inspected["HostConfig"]["PortBindings"]>): object {
  const published = Object.entries(bindings).flatMap(([inside, at]) =>
    at.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}:${inside}`),
  );
  return published.length === 0 ? {} : { ports: published };
}

function healthcheck(check: NonNullable<Inspected["Config"]["Healthcheck"]>): object {
  const seconds = (nanoseconds: number) => `${nanoseconds / 1e9}s`;
  return {
    test: check.Test.map(literal),
    interval: seconds(check.Interval),
    timeout: seconds(check.Timeout),
    ...(check.StartPeriod && { start_period: seconds(check.StartPeriod) }),
    retries: check.Retries,
  };
}

function networksOf({
  HostConfig,
  NetworkSettings,
}: Pick<Inspected, "HostConfig" | "NetworkSettings">): Record<string, readonly string[]> {
  if (HostConfig.NetworkMode === "host") return {};
  return Object.fromEntries(
    Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => [name, Aliases ?? []]),
  );
}

/** The engine adds the container's own short id; it would name a container that is no more. */
function others(aliases: readonly string[], id: string): readonly string[] {
  return aliases.filter((alias) => alias !== id.slice(0, 12));
}

/** Compose would read `$NAME` as one of its own variables. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
