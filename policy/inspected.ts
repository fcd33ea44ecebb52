interface LogConfig {
  readonly Type?: string | undefined;
  readonly Config?: Readonly<Record<string, string>> | null | undefined;
}

/** What the engine says of one container (`docker inspect`), as far as the benchmark asks. */
export interface Inspected {
  readonly Name: string;
  readonly Image: string;
  readonly AppArmorProfile: string;
  readonly Config: {
    readonly User: string;
    readonly Image: string;
    readonly Healthcheck?: { readonly Test?: readonly string[] | undefined } | undefined;
  };
  readonly HostConfig: {
    readonly Privileged?: boolean | undefined;
    readonly ReadonlyRootfs?: boolean | undefined;
    readonly CapAdd?: readonly string[] | null | undefined;
    readonly CapDrop?: readonly string[] | null | undefined;
    readonly SecurityOpt?: readonly string[] | null | undefined;
    readonly NetworkMode?: string | undefined;
    readonly PidMode?: string | undefined;
    readonly IpcMode?: string | undefined;
    readonly UTSMode?: string | undefined;
    readonly UsernsMode?: string | undefined;
    readonly CgroupParent?: string | undefined;
    readonly Cgroup?: string | undefined;
    readonly Devices?: readonly unknown[] | null | undefined;
    readonly Memory?: number | undefined;
    readonly MemorySwap?: number | undefined;
    readonly NanoCpus?: number | undefined;
    readonly PidsLimit?: number | undefined;
    readonly RestartPolicy?: { readonly Name?: string | undefined } | undefined;
    readonly LogConfig?: LogConfig | undefined;
    readonly PortBindings?: unknown;
  };
  readonly Mounts: readonly {
    readonly Type?: string | undefined;
    readonly Source: string;
    readonly Destination: string;
    readonly RW?: boolean | undefined;
    readonly Propagation?: string | undefined;
  }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}
