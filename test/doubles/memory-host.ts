import type { ContainerSpec, Limits, NetworkPlace } from "../../components/container/spec.ts";
import { label } from "../../components/container/spec.ts";
import type { Journal } from "../../components/steps/journal.ts";
import {
  type Command,
  type Detail,
  type FileEntry,
  type Finished,
  NameTaken,
  type Observed,
  type Runner,
} from "../../components/steps/runner.ts";
import { type Behaviour, type Data, MemoryProduct } from "./memory-product.ts";
import { MemorySwitch } from "./memory-switch.ts";
import { MemoryUsers } from "./memory-users.ts";

export interface Box {
  readonly id: string;
  readonly spec: ContainerSpec;
  labels: Record<string, string>;
  state: Observed["state"];
  restart: string;
  limits: Limits;
  /** As it was made. */
  readonly aliases: readonly string[];
  /** Aliases by network, as they are. */
  networks: Readonly<Record<string, readonly string[]>>;
  address: string;
  startedAt: string;
  exitCode: number;
  /** By the engine itself. */
  restarts: number;
}

/** A probe's command that was run: where, and whose candidate or release it met. */
export interface Validated {
  readonly spec: ContainerSpec;
  readonly argv: readonly string[];
  readonly reached: string | undefined;
}

/** Stands for the end of the step's process: from this call on it reaches nothing any more, not even to tidy up. */
export class ProcessEnded extends Error {}

const journalFile = "/var/lib/slipway/journal.json";

/**
 * Stands for one Docker host with one stack on it: containers with names, labels, states, limits, networks and restart policies, the journal's volume,
 * the switch (`MemorySwitch`) and the product's data (`MemoryProduct`). It does not stand for time, limits or file permissions: these are the
 * live tests'. At each call users send requests to where the switch routes (`MemoryUsers`), and are told that each write is kept. `endBefore`
 * makes the step's process die just before a call, `fault` makes one call fail.
 */
export class MemoryHost implements Runner {
  readonly boxes = new Map<string, Box>();
  readonly files = new Map<string, string>();
  /** What must never happen and did. */
  readonly problems: string[] = [];
  readonly product: MemoryProduct;
  readonly switch: MemorySwitch;
  readonly users: MemoryUsers;
  calls = 0;
  endedAt = Number.POSITIVE_INFINITY;
  /** Makes one call fail as the engine may: before it had any effect. */
  fault: ((call: string, at: number) => boolean) | undefined;
  /** E.g. moves the clock. */
  onCall: (() => void) | undefined;
  readonly trace: string[] = [];
  readonly validated: Validated[] = [];
  #serial = 0;

  constructor(behaviour: Behaviour, backends: readonly string[], slots = 16) {
    this.product = new MemoryProduct(behaviour, this.problems);
    this.switch = new MemorySwitch(backends, slots, (alias) => this.#answering(alias)?.address);
    this.users = new MemoryUsers(this, behaviour.oneWriter);
    this.switch.onCommand = () => this.users.look();
  }

  get data(): Data {
    return this.product.data;
  }

  get sets(): ReadonlyMap<string, Data> {
    return this.product.sets;
  }

  /** Names of the sets that were put back, in order. */
  get restored(): readonly string[] {
    return this.product.restored;
  }

  /** Every write that was answered with success. */
  get acknowledged(): readonly number[] {
    return this.users.acknowledged;
  }

  /** The dead process is gone for good: whoever looks at the lease's holder sees that. A new process may call. */
  nextProcess(): void {
    this.endedAt = Number.POSITIVE_INFINITY;
    this.fault = undefined;
    for (const box of this.boxes.values()) {
      if (box.labels[label.role] === "lease")
        box.labels = { ...box.labels, "slipway.lease.started": "the process has ended" };
    }
  }

  /** The process ends before the n-th call from now; 0 is the next one. */
  endBefore(n: number): void {
    this.endedAt = this.calls + n;
  }

  /** By hand, or by itself: no step is to blame. */
  end(id: string, exitCode = 1): void {
    Object.assign(this.box(id), { state: "stopped", exitCode });
    this.users.forgive();
  }

  /** Its process ends and the engine starts it again, as its policy says. */
  revive(id: string): void {
    const box = this.box(id);
    Object.assign(box, { restarts: box.restarts + 1, startedAt: `${new Date().toISOString()} again` });
  }

  /** `docker rm -f` by hand. */
  lose(id: string): void {
    this.boxes.delete(id);
    this.users.forgive();
  }

  workloads(): readonly Box[] {
    return [...this.boxes.values()].filter((box) => box.labels[label.role] === "workload");
  }

  running(): readonly Box[] {
    return this.workloads().filter((box) => box.state === "running");
  }

  /** Whether the product's process runs in it: a paused worker's does not. */
  works(box: Box): boolean {
    return box.state === "running" && (gateOf(box) === undefined || this.files.has(gateOf(box) ?? ""));
  }

  /** Of what steps made; the switch was there before. */
  roles(): readonly string[] {
    return [...this.boxes.values()]
      .flatMap((box) => box.labels[label.role] ?? [])
      .filter((role) => role !== "part")
      .sort();
  }

  journal(): Journal | undefined {
    const text = this.files.get(journalFile);
    return text === undefined ? undefined : JSON.parse(text);
  }

  lostWrites(): readonly number[] {
    return this.acknowledged.filter((write) => !this.data.writes.includes(write));
  }

  async list(labels: Readonly<Record<string, string>>): Promise<readonly Observed[]> {
    this.#enter("list");
    return [...this.boxes.values()]
      .filter((box) => Object.entries(labels).every(([name, value]) => box.labels[name] === value))
      .map((box) => ({ id: box.id, name: box.spec.name, labels: box.labels, state: box.state, image: box.spec.image }));
  }

  async create(spec: ContainerSpec): Promise<string> {
    this.#enter(`create ${spec.labels[label.role]} ${spec.labels[label.part]}`);
    return this.place(spec);
  }

  /** Without a call: what was there before. */
  place(spec: ContainerSpec): string {
    if ([...this.boxes.values()].some((box) => box.spec.name === spec.name))
      throw new NameTaken(`the container name ${spec.name} is in use`);
    this.#serial += 1;
    const id = `c${this.#serial}`;
    const places = spec.network === "host" ? [] : spec.network;
    const networks = Object.fromEntries(places.map(({ name, aliases }) => [name, aliases]));
    const aliases = places.flatMap((network) => network.aliases);
    const kept = { restart: spec.restart, limits: spec.limits, aliases, networks };
    const made = { id, spec, labels: { ...spec.labels }, state: "created", ...kept } as const;
    this.boxes.set(id, { ...made, address: `172.19.0.${this.#serial}`, startedAt: "", exitCode: 0, restarts: 0 });
    return id;
  }

  async start(id: string): Promise<void> {
    this.#enter(`start ${this.#what(id)}`);
    const box = this.box(id);
    if (box.state !== "running")
      Object.assign(box, { state: "running", startedAt: `${new Date().toISOString()} ${this.calls}` });
    this.users.look();
  }

  async stop(id: string): Promise<void> {
    this.#enter(`stop ${this.#what(id)}`);
    const box = this.boxes.get(id);
    if (box?.state === "running") box.state = "stopped";
    this.users.look();
  }

  async remove(id: string): Promise<void> {
    this.#enter(`remove ${this.#what(id)}`);
    this.boxes.delete(id);
    this.users.look();
  }

  async setRestart(id: string, restart: string): Promise<void> {
    this.#enter(`setRestart ${restart}`);
    const box = this.boxes.get(id);
    if (box !== undefined) box.restart = restart;
  }

  async setLimits(id: string, limits: Limits): Promise<void> {
    this.#enter("setLimits");
    this.box(id).limits = limits;
  }

  async connect(id: string, { name, aliases }: NetworkPlace): Promise<void> {
    this.#enter(`connect ${name}`);
    const box = this.box(id);
    box.networks = { ...box.networks, [name]: aliases };
  }

  async disconnect(id: string, network: string): Promise<void> {
    this.#enter(`disconnect ${network}`);
    const box = this.box(id);
    const { [network]: _, ...rest } = box.networks;
    box.networks = rest;
  }

  async exec(id: string, command: Command): Promise<Finished> {
    this.#enter(`exec ${shortName(command)}`);
    const box = this.box(id);
    if (box.state !== "running") throw new Error(`container ${id} is not running`);
    const config = command.env?.["SLIPWAY_CURL"];
    if (config !== undefined) return this.#curl(config);
    if (box.labels[label.part] === "switch") {
      const [, , , , script = "", commands = ""] = command.argv;
      return { exitCode: 0, output: this.switch.run(script, commands) };
    }
    if (command.argv[2]?.startsWith("limited()")) return this.#validate(box.spec, command.argv.slice(4));
    if (command.argv[0] === "check") return this.product.check(box.spec.image);
    const writers = this.running()
      .filter((each) => this.works(each))
      .map(({ spec }) => ({ image: spec.image, name: spec.name }));
    const finished = this.product.run(command, box.spec.image, writers);
    if (finished === undefined) throw new Error(`the double does not know this command: ${command.argv.join(" ")}`);
    return finished;
  }

  async logs(id: string): Promise<string> {
    this.#enter("logs");
    return `log of ${this.box(id).spec.image}\n`;
  }

  async put(id: string, directory: string, files: readonly FileEntry[]): Promise<void> {
    this.#enter(`put ${directory}${files.some(({ path }) => path.startsWith("gates/")) ? " gates" : ""}`);
    const { spec } = this.box(id);
    const writable = [...spec.mounts.map(({ path }) => path), ...spec.tmpfs];
    if (!writable.some((path) => `${directory}/`.startsWith(`${path}/`)))
      throw new Error("container rootfs is marked read-only");
    for (const file of files) {
      if (file.type === "file") this.files.set(`${directory}/${file.path}`, file.content ?? "");
    }
    this.users.look();
  }

  async get(id: string, path: string): Promise<string | undefined> {
    this.#enter(`get ${path}`);
    this.box(id);
    return this.files.get(path);
  }

  async inspect(id: string): Promise<Detail | undefined> {
    this.#enter("inspect");
    const box = this.boxes.get(id);
    if (box === undefined) return undefined;
    const { state, spec, startedAt, exitCode, restarts, limits, restart, networks } = box;
    const env = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`);
    return { running: state === "running", limits, restart, networks, env, restarts, startedAt, exitCode };
  }

  box(id: string): Box {
    const box = this.boxes.get(id);
    if (box === undefined) throw Object.assign(new Error(`no such container: ${id}`), { statusCode: 404 });
    return box;
  }

  /** Every call passes here: users send requests, then the call happens, unless the process or the call is made to fail. */
  #enter(call: string): void {
    if (this.calls >= this.endedAt) throw new ProcessEnded(`ended before ${call}`);
    const at = this.calls;
    this.calls += 1;
    this.trace.push(call);
    this.onCall?.();
    this.users.write(this.calls);
    if (this.fault?.(call, at) === true) throw new Error(`the engine failed: ${call}`);
  }

  #answering(alias: string): Box | undefined {
    return this.running().find(({ networks }) => Object.values(networks).some((names) => names.includes(alias)));
  }

  /** From the host the edge is asked, which asks the switch; `switch:848n` is the n-th backend of candidates. */
  #curl(config: string): Finished {
    const url = new URL(/url = "([^"]+)"/.exec(config)?.[1] ?? "");
    if (url.hostname === "prometheus") return this.product.answer("/nowhere", undefined);
    return this.product.answer(url.pathname, this.#reached(url.hostname, Number(url.port)));
  }

  /** `validate HOST PORT`: passes where who answers there passes, and says how fast it was. */
  #validate(spec: ContainerSpec, argv: readonly string[]): Finished {
    const [, host = "", port] = argv;
    const reached = this.#reached(host, Number(port));
    this.validated.push({ spec, argv, reached });
    return this.product.validate(reached);
  }

  /** The image of who answers at an address; raw TCP of users is at `switch:3001`. */
  #reached(host: string, port: number): string | undefined {
    const users = host.endsWith("localhost") || (host === "switch" && port === 3001);
    const [first = ""] = this.switch.users;
    const backend = users ? first : host === "switch" ? `candidate-${this.switch.users[port - 8480]}` : undefined;
    const aliases = backend === undefined ? [host] : this.switch.open(backend);
    return aliases.map((alias) => this.#answering(alias)).find((box) => box !== undefined)?.spec.image;
  }

  #what(id: string): string {
    const labels = this.boxes.get(id)?.labels;
    const role = labels?.[label.role] ?? "nothing";
    return role === "workload" ? `workload ${labels?.[label.part]}` : role;
  }
}

/** The file that a paused worker waits for; undefined for who does not wait. */
function gateOf({ spec }: Box): string | undefined {
  return spec.entrypoint?.find((word) => word.startsWith("/var/lib/slipway/gates/"));
}

function shortName({ argv }: Command): string {
  const script = argv.join(" ");
  if (argv[0] === "bash") return argv[5] ?? "";
  if (!script.startsWith("sh -euc")) return argv.slice(0, 2).join(" ");
  const kinds = [
    ["part=", "take"],
    ["/backup/rehearsal", "copy"],
    ["_rehearsal", "copy"],
    ["pg_dump", "take"],
  ] as const;
  return kinds.find(([piece]) => script.includes(piece))?.[1] ?? "restore";
}
