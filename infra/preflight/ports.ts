import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export type Protocol = "tcp" | "udp";

/** A TCP socket that listens; a UDP socket that is bound and talks to nobody in particular. */
const listenState = { tcp: "0A", udp: "07" } as const;

/** Inodes of the sockets that listen on a port, from the text of /proc/net/tcp, udp or those with a 6; pure. */
export function listeningInodes(table: string, port: number, protocol: Protocol = "tcp"): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) === true && fields[3] === listenState[protocol])
    .map((fields) => fields[9] ?? "");
}

export interface Holder {
  /** For a message: `caddy (process 123)`. */
  readonly words: string;
  /** The container it runs in, when it does. */
  readonly container: string | undefined;
  /** Its process belongs to another user, so that we cannot see which it is. */
  readonly hidden: boolean;
}

/** Who listens on a port of this machine; undefined when nobody does. */
export function portHolder(port: number, protocol: Protocol = "tcp"): Holder | undefined {
  const tables = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`];
  const inodes = tables.flatMap((path) => listeningInodes(read(path) ?? "", port, protocol));
  if (inodes.length === 0) return undefined;
  const pid = processes().find((each) => openSockets(each).some((inode) => inodes.includes(inode)));
  if (pid === undefined) return { words: "a process of another user", container: undefined, hidden: true };
  return {
    words: `${read(`/proc/${pid}/comm`)?.trim()} (process ${pid})`,
    container: containerOf(read(`/proc/${pid}/cgroup`) ?? ""),
    hidden: false,
  };
}

/** The id of the container that a process runs in, from the text of its cgroup file; pure. */
export function containerOf(cgroup: string): string | undefined {
  return /([0-9a-f]{64})/.exec(cgroup)?.[1];
}

function processes(): readonly string[] {
  return list("/proc").filter((name) => /^\d+$/.test(name));
}

function openSockets(pid: string): readonly string[] {
  return list(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return []; // Closed, or the process ended, while we looked.
    }
  });
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
