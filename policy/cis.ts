import { cgroupsPath } from "../components/container/spec.ts";
import { exporterParts } from "../components/exporters/spec.ts";
import type { Inspected } from "./inspected.ts";

/** A container and what is known of it beside the engine's words. */
export interface Judged {
  readonly part: string;
  readonly inspected: Inspected;
}

/** One line of the CIS Docker Benchmark 1.6 that applies to what Slipway makes. */
export interface Item {
  readonly id: string;
  readonly asks: string;
  /** What holds here, where that is more or other than the line asks. */
  readonly here: string;
  /** What is wrong with a running container; undefined when it holds. Absent where no container can show it: `here` says what does. */
  readonly wrong?: (judged: Judged) => string | undefined;
}

/** The one part that shares the host's network, to see real client addresses, and binds ports below 1024. */
const atTheEdge = (part: string) => part === "edge";

/** The one part that sees a folder of the host. */
const countsContainers = exporterParts.containers.part;

function unless(holds: boolean, is: unknown): string | undefined {
  return holds ? undefined : `is ${JSON.stringify(is)}`;
}

const shares = (mode: string | undefined) => mode === "host" || mode?.startsWith("container:") === true;

export const items: readonly Item[] = [
  {
    id: "4.1",
    asks: "a user for the container",
    here: "a numeric uid and gid that is not root; the edge is root without a capability but NET_BIND_SERVICE",
    wrong: ({ part, inspected: { Config } }) =>
      unless(/^[1-9]\d*:[1-9]\d*$/.test(Config.User) || (atTheEdge(part) && Config.User === "0:0"), Config.User),
  },
  {
    id: "4.2",
    asks: "trusted base images",
    here: "official images by digest, or one Debian base made by debootstrap, whose archive is signed; the running image is an id",
    wrong: ({ inspected: { Config, Image } }) =>
      unless(/^sha256:[0-9a-f]{64}$/.test(Image) && /^sha256:|@sha256:/.test(Config.Image), Config.Image),
  },
  {
    id: "4.4",
    asks: "images scanned for what they hold",
    here: "`npm run scan`: components and pending security updates",
  },
  {
    id: "4.6, 5.27",
    asks: "a health check",
    here: "of every part and server; SmokeTest asks the edge, Rollout the workers, which answer nobody",
    wrong: ({ part, inspected: { Config } }) => {
      const test = Config.Healthcheck?.Test ?? [];
      return unless((test.length > 0 && test[0] !== "NONE") || unasked.has(part), test);
    },
  },
  {
    id: "4.8",
    asks: "no setuid programs",
    here: "without effect: no-new-privileges and no capability to gain (5.4, 5.26)",
  },
  {
    id: "4.10",
    asks: "no secrets in images",
    here: "build arguments refuse them; canaries and gitleaks look (shard secrets)",
  },
  {
    id: "5.2",
    asks: "AppArmor",
    here: "the engine's own profile where the host has AppArmor; never unconfined",
    wrong: ({ inspected: { AppArmorProfile, HostConfig } }) =>
      unless(
        AppArmorProfile !== "unconfined" && !(HostConfig.SecurityOpt ?? []).includes("apparmor=unconfined"),
        AppArmorProfile,
      ),
  },
  {
    id: "5.4",
    asks: "no capability beyond need",
    here: "all dropped; the edge has NET_BIND_SERVICE",
    wrong: ({ part, inspected: { HostConfig } }) => {
      const added = (HostConfig.CapAdd ?? []).map((name) => name.replace(/^CAP_/, ""));
      const allowed = atTheEdge(part) ? ["NET_BIND_SERVICE"] : [];
      const dropped = (HostConfig.CapDrop ?? []).includes("ALL");
      return unless(dropped && added.every((name) => allowed.includes(name)), { added, dropped: HostConfig.CapDrop });
    },
  },
  {
    id: "5.5",
    asks: "no privileged container",
    here: "none",
    wrong: ({ inspected: { HostConfig } }) => unless(HostConfig.Privileged !== true, "privileged"),
  },
  {
    id: "5.6, 5.32",
    asks: "no folder of the host, no engine's socket",
    here: "named volumes alone; container-exporter reads the host's cgroups, which are numbers, and changes none",
    wrong: ({ part, inspected: { Mounts } }) => {
      const others = Mounts.filter(
        ({ Type, Source, RW }) =>
          Type !== "volume" &&
          Type !== "tmpfs" &&
          Source !== "" &&
          !(part === countsContainers && Source === cgroupsPath && RW === false),
      );
      return unless(others.length === 0, others);
    },
  },
  {
    id: "5.8, 5.9, 5.14",
    asks: "no port but what is needed, on an interface that is named",
    here: "no port is published but raw TCP of the switch where config says so, on the address of tcp.bind",
    wrong: ({ part, inspected: { HostConfig } }) =>
      unless(part === "switch" || Object.keys(HostConfig.PortBindings ?? {}).length === 0, HostConfig.PortBindings),
  },
  {
    id: "5.10",
    asks: "not the host's network",
    here: "the edge alone, which must see the real client address",
    wrong: ({ part, inspected: { HostConfig } }) =>
      unless(atTheEdge(part) || !shares(HostConfig.NetworkMode), HostConfig.NetworkMode),
  },
  {
    id: "5.11",
    asks: "a memory limit",
    here: "and no swap beyond it",
    wrong: ({ inspected: { HostConfig } }) =>
      unless((HostConfig.Memory ?? 0) > 0 && HostConfig.MemorySwap === HostConfig.Memory, HostConfig.Memory),
  },
  {
    id: "5.12",
    asks: "a share of the CPUs",
    here: "a limit",
    wrong: ({ inspected: { HostConfig } }) => unless((HostConfig.NanoCpus ?? 0) > 0, HostConfig.NanoCpus),
  },
  {
    id: "5.13",
    asks: "a read-only root",
    here: "writable are volumes and, in memory, folders without the right to execute",
    wrong: ({ inspected: { HostConfig } }) => unless(HostConfig.ReadonlyRootfs === true, "writable"),
  },
  {
    id: "5.15",
    asks: "a restart policy of on-failure with 5 tries",
    here: "unless-stopped instead: a store that gave up would stay down after the sixth power cut",
    wrong: ({ inspected: { HostConfig } }) =>
      unless(HostConfig.RestartPolicy?.Name === "unless-stopped", HostConfig.RestartPolicy),
  },
  {
    id: "5.16, 5.17, 5.21, 5.31",
    asks: "not the host's processes, memory, name and users",
    here: "none of them",
    wrong: ({ inspected: { HostConfig } }) => {
      const { PidMode, IpcMode, UTSMode, UsernsMode } = HostConfig;
      return unless(![PidMode, IpcMode, UTSMode, UsernsMode].some(shares), { PidMode, IpcMode, UTSMode, UsernsMode });
    },
  },
  {
    id: "5.18",
    asks: "no device of the host",
    here: "none; GPUs of Ollama by the engine's own request, where config says so",
    wrong: ({ inspected: { HostConfig } }) => unless((HostConfig.Devices ?? []).length === 0, HostConfig.Devices),
  },
  {
    id: "5.20",
    asks: "no shared mount propagation",
    here: "none",
    wrong: ({ inspected: { Mounts } }) =>
      unless(!Mounts.some(({ Propagation }) => Propagation?.includes("shared")), Mounts),
  },
  {
    id: "5.22",
    asks: "the seccomp profile",
    here: "the engine's own, never unconfined; the process itself says that it filters (Seccomp: 2)",
    wrong: ({ inspected: { HostConfig } }) =>
      unless(!(HostConfig.SecurityOpt ?? []).some((one) => /^seccomp[=:]unconfined/.test(one)), HostConfig.SecurityOpt),
  },
  {
    id: "5.25",
    asks: "the engine's own cgroup",
    here: "no other parent",
    wrong: ({ inspected: { HostConfig } }) => unless((HostConfig.CgroupParent ?? "") === "", HostConfig.CgroupParent),
  },
  {
    id: "5.26",
    asks: "no new privileges",
    here: "the process itself says so (NoNewPrivs: 1)",
    wrong: ({ inspected: { HostConfig } }) =>
      unless(
        (HostConfig.SecurityOpt ?? []).some((one) => /^no-new-privileges(:true)?$/.test(one)),
        "not set",
      ),
  },
  {
    id: "5.29",
    asks: "a limit of processes",
    here: "one for each",
    wrong: ({ inspected: { HostConfig } }) => unless((HostConfig.PidsLimit ?? 0) > 0, HostConfig.PidsLimit),
  },
  {
    id: "5.30",
    asks: "not the default bridge",
    here: "networks of the stack's own, internal but where something must lead out",
    wrong: ({ inspected: { NetworkSettings } }) => unless(!("bridge" in NetworkSettings.Networks), "bridge"),
  },
  {
    id: "2.13",
    asks: "logs that do not fill the disk",
    here: "three files of 10 MB for each container",
    wrong: ({ inspected: { HostConfig } }) => {
      const { Type, Config } = HostConfig.LogConfig ?? {};
      // Of a log that is shipped the engine's own copy.
      const copy = Type === "syslog" ? "cache-" : "";
      const bounded = Config?.[`${copy}max-size`] === "10m" && Config[`${copy}max-file`] === "3";
      return unless(bounded && (Type === "json-file" || Type === "syslog"), Config);
    },
  },
];

/** Who is asked by a step and not by the engine. */
const unasked = new Set(["edge", "worker", "beat"]);
