import type { Readable } from "node:stream";
import type { ContainerSpec, Limits, NetworkPlace, Restart } from "../container/spec.ts";
import type { Kept } from "../container/upkeep.ts";

/**
 * What a step may ask of the place that runs containers. The logic of every step knows this interface and nothing of an engine client:
 * Docker implements it; of it a cluster what `SessionRunner` names, because the rest is what Kubernetes' own controllers do.
 */
export interface Runner {
  /** Containers, running or not, that carry all the labels. */
  list(labels: Readonly<Record<string, string>>): Promise<readonly Observed[]>;
  /** Creates a container without starting it and answers its id. Throws `NameTaken` when the name is in use. */
  create(spec: ContainerSpec): Promise<string>;
  start(id: string): Promise<void>;
  /** Asks the process to end, kills it after the grace. A container that is gone or stopped is fine. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** A container that is gone is fine. */
  remove(id: string): Promise<void>;
  setRestart(id: string, restart: Restart): Promise<void>;
  setLimits(id: string, limits: Limits): Promise<void>;
  connect(id: string, network: NetworkPlace): Promise<void>;
  /** One that it is not on is fine. */
  disconnect(id: string, network: string): Promise<void>;
  /** Runs a command in a running container and answers what it printed, both streams in order. */
  exec(id: string, command: Command): Promise<Finished>;
  /** The last lines that a container printed. */
  logs(id: string, lines: number): Promise<string>;
  /** Writes files below `directory`; works on stopped containers and on mounted volumes. */
  put(id: string, directory: string, files: readonly FileEntry[]): Promise<void>;
  /** The text of one file, undefined when there is none. */
  get(id: string, path: string): Promise<string | undefined>;
  /** What a list does not tell of one container; undefined when it is gone. */
  inspect(id: string): Promise<Detail | undefined>;
}

/** What a step needs for commands of its own, in containers that it makes and removes. */
export type SessionRunner = Pick<Runner, "list" | "create" | "start" | "remove" | "exec" | "logs">;

/** Commands in a container that is there already. */
export type ServerRunner = Pick<Runner, "exec" | "logs">;

export interface Detail extends Kept {
  /** As `NAME=value`. */
  readonly env: readonly string[];
  /** How often the engine started it again by itself. */
  readonly restarts: number;
  /** ISO 8601; new with every start. */
  readonly startedAt: string;
  readonly exitCode: number;
}

export interface Observed {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "created" | "running" | "stopped";
  readonly image: string;
}

export interface Command {
  readonly argv: readonly string[];
  /** For secrets: an argument would be seen in the host's process list. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** What it reads from its standard input; opened when it runs. @default nothing */
  readonly input?: () => Readable;
  /** Told what it prints as it comes, in pieces of any size: for long commands that tell how far they are. */
  readonly heard?: (text: string) => void;
}

export interface Finished {
  readonly exitCode: number;
  readonly output: string;
}

export interface FileEntry {
  readonly path: string;
  readonly type: "file" | "directory";
  readonly content?: string;
  /** Octal permissions, e.g. 0o400. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Another container has the name; for the lease this is how the second one learns that it is the second. */
export class NameTaken extends Error {}
