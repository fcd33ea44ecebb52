import type { ContainerSpec } from "../../components/container/spec.ts";
import { label } from "../../components/container/spec.ts";
import {
  type Command,
  type FileEntry,
  type Finished,
  NameTaken,
  type Observed,
  type Runner,
} from "../../components/steps/runner.ts";
import { type Behaviour, type Data, MemoryProduct } from "./memory-product.ts";

interface Box {
  readonly id: string;
  readonly spec: ContainerSpec;
  labels: Record<string, string>;
  state: Observed["state"];
  restart: string;
  aliases: readonly string[];
}

/** Stands for the end of the step's process: from this call on it reaches nothing any more, not even to tidy up. */
export class ProcessEnded extends Error {}

/**
 * Stands for one Docker host with one stack on it: containers with names, labels, states, aliases and restart policies, the journal's volume,
 * and the product's data (`MemoryProduct`). It does not stand for time, networks, images, limits or file permissions: these are the live
 * tests'. At each call a user writes to the running workload that has the public alias, and is told that the write is kept; `endBefore` makes
 * the step's process die just before a call, `fault` makes one call fail.
 */
export class MemoryHost implements Runner {
  readonly boxes = new Map<string, Box>();
  readonly files = new Map<string, string>();
  /** Every write that was answered with success. */
  readonly acknowledged: number[] = [];
  calls = 0;
  endedAt = Number.POSITIVE_INFINITY;
  /** Makes one call fail as the engine may: before it had any effect. */
  fault: ((call: string, at: number) => boolean) | undefined;
  /** E.g. moves the clock. */
  onCall: (() => void) | undefined;
  readonly trace: string[] = [];
  readonly #product: MemoryProduct;
  #serial = 0;

  constructor(behaviour: Behaviour) {
    this.#product = new MemoryProduct(behaviour);
  }

  get data(): Data {
    return this.#product.data;
  }

  get sets(): ReadonlyMap<string, Data> {
    return this.#product.sets;
  }

  /** Names of the sets that were put back, in order. */
  get restored(): readonly string[] {
    return this.#product.restored;
  }

  /** What must never happen and did. */
  get problems(): string[] {
    return this.#product.problems;
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

  workloads(): readonly Box[] {
    return [...this.boxes.values()].filter((box) => box.labels[label.role] === "workload");
  }

  running(): readonly Box[] {
    return this.workloads().filter((box) => box.state === "running");
  }

  roles(): readonly string[] {
    return [...this.boxes.values()].map((box) => box.labels[label.role] ?? "").sort();
  }

  journal(): unknown {
    const text = this.files.get("/var/lib/slipway/journal.json");
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
    if ([...this.boxes.values()].some((box) => box.spec.name === spec.name))
      throw new NameTaken(`the container name ${spec.name} is in use`);
    this.#serial += 1;
    const id = `c${this.#serial}`;
    const aliases = spec.network === "host" ? [] : spec.network.flatMap((network) => network.aliases);
    this.boxes.set(id, { id, spec, labels: { ...spec.labels }, state: "created", restart: spec.restart, aliases });
    return id;
  }

  async start(id: string): Promise<void> {
    this.#enter(`start ${this.#role(id)}`);
    this.#box(id).state = "running";
    if (this.running().length > 1)
      this.problems.push(
        `two writers: ${this.running()
          .map((box) => box.spec.name)
          .join(", ")}`,
      );
  }

  async stop(id: string): Promise<void> {
    this.#enter(`stop ${this.#role(id)}`);
    const box = this.boxes.get(id);
    if (box?.state === "running") box.state = "stopped";
  }

  async remove(id: string): Promise<void> {
    this.#enter(`remove ${this.#role(id)}`);
    this.boxes.delete(id);
  }

  async setRestart(id: string, restart: string): Promise<void> {
    this.#enter(`setRestart ${restart}`);
    this.#box(id).restart = restart;
  }

  async setLimits(id: string): Promise<void> {
    this.#enter("setLimits");
    this.#box(id);
  }

  async exec(id: string, command: Command): Promise<Finished> {
    const script = command.argv.join(" ");
    this.#enter(`exec ${shortName(script)}`);
    const box = this.#box(id);
    if (box.state !== "running") throw new Error(`container ${id} is not running`);
    const running = this.running().map(({ spec, aliases }) => ({ image: spec.image, aliases }));
    return this.#product.run(command, box.spec.image, running);
  }

  async logs(id: string): Promise<string> {
    this.#enter("logs");
    return `log of ${this.#box(id).spec.image}\n`;
  }

  async put(id: string, directory: string, files: readonly FileEntry[]): Promise<void> {
    this.#enter(`put ${directory}`);
    const { spec } = this.#box(id);
    const writable = [...spec.mounts.map(({ path }) => path), ...spec.tmpfs];
    if (!writable.some((path) => `${directory}/`.startsWith(`${path}/`)))
      throw new Error("container rootfs is marked read-only");
    for (const file of files) this.files.set(`${directory}/${file.path}`, file.content ?? "");
  }

  async get(id: string, path: string): Promise<string | undefined> {
    this.#enter(`get ${path}`);
    this.#box(id);
    return this.files.get(path);
  }

  async env(id: string): Promise<readonly string[]> {
    this.#enter("env");
    return Object.entries(this.#box(id).spec.env).map(([name, value]) => `${name}=${value}`);
  }

  async realias(id: string, _network: string, aliases: readonly string[]): Promise<void> {
    this.#enter("realias");
    this.#box(id).aliases = aliases;
  }

  /** Every call passes here: the user writes, then the call happens, unless the process or the call is made to fail. */
  #enter(call: string): void {
    if (this.calls >= this.endedAt) throw new ProcessEnded(`ended before ${call}`);
    const at = this.calls;
    this.calls += 1;
    this.trace.push(call);
    this.onCall?.();
    this.#userWrites();
    if (this.fault?.(call, at) === true) throw new Error(`the engine failed: ${call}`);
  }

  #userWrites(): void {
    for (const box of this.running()) {
      if (!box.aliases.includes("app")) continue;
      this.acknowledged.push(this.calls);
      this.data.writes.push(this.calls);
    }
  }

  #box(id: string): Box {
    const box = this.boxes.get(id);
    if (box === undefined) throw Object.assign(new Error(`no such container: ${id}`), { statusCode: 404 });
    return box;
  }

  #role(id: string): string {
    return this.boxes.get(id)?.labels[label.role] ?? "nothing";
  }
}

function shortName(script: string): string {
  if (!script.startsWith("sh -euc")) return script.split(" ").slice(0, 2).join(" ");
  return script.includes("part=") ? "take" : "restore";
}
