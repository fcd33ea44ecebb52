import { label } from "../../components/container/spec.ts";
import type { Box, MemoryHost } from "./memory-host.ts";

/**
 * Stands for the users of a stack and for whoever watches it. Users send requests where the switch routes, and a request that finds no open slot
 * waits, which is no failure. Noted is what a user or a row would have suffered from: a request that reaches a container which a step stopped or
 * which never got ready; a moment without an open slot while nothing is held; two releases that write at once where there is one writer; a worker
 * that works before its release was proved; two of a kind that must be single.
 */
export class MemoryUsers {
  readonly acknowledged: number[] = [];
  /** Requests that found no open slot. */
  held = 0;
  /** Workloads of which never two may work at once. */
  readonly single = new Set<string>();
  readonly #host: MemoryHost;
  readonly #oneWriter: boolean;
  /** Set by a test whose release takes the schema back: requests wait then. */
  mayHold = false;
  #wasOpen = false;
  /** Containers that the journal ever called ready. */
  readonly #proved = new Set<string>();
  #forgiven = new Set<string>();

  constructor(host: MemoryHost, oneWriter: boolean) {
    this.#host = host;
    this.#oneWriter = oneWriter;
  }

  /** Somebody's own hand, or a crash, changed what runs: no step is to blame for what follows from it. */
  forgive(): void {
    this.#wasOpen = false;
    for (const alias of this.#open()) if (this.#reached(alias) === undefined) this.#forgiven.add(alias);
  }

  write(id: number): void {
    this.look();
    const reached = this.#open().find((alias) => this.#reached(alias) !== undefined);
    if (reached === undefined) {
      this.held += 1;
      return;
    }
    this.acknowledged.push(id);
    this.#host.data.writes.push(id);
  }

  /** At every change. */
  look(): void {
    this.#lookAtRequests();
    this.#lookAtWriters();
    this.#lookAtWorkers();
  }

  #open(): readonly string[] {
    const { users } = this.#host.switch;
    return users.flatMap((backend) => this.#host.switch.open(backend));
  }

  #reached(alias: string): Box | undefined {
    return this.#host.running().find(({ aliases }) => aliases.includes(alias));
  }

  #note(problem: string): void {
    if (!this.#host.problems.includes(problem)) this.#host.problems.push(problem);
  }

  #lookAtRequests(): void {
    const open = this.#open();
    for (const alias of open) {
      const box = this.#reached(alias);
      if (box === undefined && !this.#forgiven.has(alias)) this.#note(`a request reached ${alias}, which was stopped`);
      if (box !== undefined && this.#host.product.isUnhealthy(box.spec.image))
        this.#note(`a request reached ${alias}, which never got ready`);
    }
    for (const slot of this.#host.switch.astray())
      this.#note(`${slot} was opened before the address of its name was known`);
    const isOpen = open.length > 0;
    const held = this.#oneWriter || this.mayHold || this.#host.journal()?.open?.held === true;
    if (this.#wasOpen && !isOpen && !held) this.#note("no slot was open, and nothing was held");
    this.#wasOpen = isOpen;
  }

  #lookAtWriters(): void {
    const working = this.#host.running().filter((box) => this.#host.works(box));
    const releases = new Set(working.map((box) => box.labels[label.release] ?? ""));
    if (this.#oneWriter && releases.size > 1)
      this.#note(`two writers: ${working.map(({ spec }) => spec.name).join(", ")}`);
    for (const part of this.single) {
      const those = working.filter((box) => box.labels[label.part] === part);
      if (those.length > 1) this.#note(`two of ${part} at once: ${those.map(({ spec }) => spec.name).join(", ")}`);
    }
  }

  /** A worker may work when the journal says that its release serves, served, or is ready. */
  #lookAtWorkers(): void {
    const { serving, previous, open } = this.#host.journal() ?? {};
    for (const each of [serving, previous, open?.ready, open?.from])
      for (const { id } of each?.replicas ?? []) this.#proved.add(id);
    for (const box of this.#host.running()) {
      const part = box.labels[label.part] ?? "";
      const routed = this.#host.switch.users.some((backend) => backend.startsWith(`${part}-`));
      if (routed || !this.#host.works(box) || this.#proved.has(box.id)) continue;
      this.#note(`${box.spec.name} works before its release was proved`);
    }
  }
}
