import type { Held, Holding, Leases } from "../../components/steps/leases.ts";

/** Stands for the leases of a namespace, which a unit test has not: each change is another version, and what was changed since it was read is not written. */
export class MemoryLeases implements Leases {
  held: Held | undefined;
  /** Purposes in the order in which they took it. */
  readonly taken: string[] = [];
  #versions = 0;

  async read(): Promise<Held | undefined> {
    return this.held;
  }

  async write(_: string, holding: Holding, over: Held | undefined): Promise<boolean> {
    if (this.held?.version !== over?.version) return false;
    if (this.held?.purpose !== holding.purpose) this.taken.push(holding.purpose);
    this.put(holding);
    return true;
  }

  async remove(_: string, { version }: Held): Promise<boolean> {
    if (this.held !== undefined && this.held.version !== version) return false;
    this.held = undefined;
    return true;
  }

  /** What somebody else does. */
  put(holding: Holding): void {
    this.#versions += 1;
    this.held = { ...holding, version: String(this.#versions) };
  }
}
