import { expect } from "vitest";
import { type Mode, type Phase, planRelease } from "../../../components/rollout/plan.ts";
import { engine, eventually, type Outside } from "./host.ts";
import { endNow, Killer } from "./kill.ts";
import {
  type Bench,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  expectWholeAnswers,
  journalOf,
  launch,
  patientMs,
  polled,
  serving,
  versionsOf,
} from "./release.ts";
import type { Running } from "./run.ts";
import type { TestStack } from "./stack.ts";

/** What is killed: the engine, whose step then finds out by itself, or all its processes at one moment, as when the power goes. */
export type Victim = "engine" | "all";

export interface Case {
  readonly phase: Phase;
  readonly victim: Victim;
}

/** Every phase that a release can have: the plan of one that migrates and replaces what serves. */
export function boundaries(mode: Mode): readonly Phase[] {
  const workloads = [{ name: "app", replicas: 1, definition: "wanted" }];
  const { phases } = planRelease(undefined, { mode, workloads, migrates: true });
  console.log(`  ${mode}: SIGKILL at ${phases.length} boundaries: ${phases.join(", ")}`);
  return phases;
}

/** A launched stack whose releases are killed, with a client that asks throughout. */
export class KilledBench implements Bench {
  readonly stack: TestStack;
  readonly outside: Outside;
  readonly product: Bench["product"];
  readonly killer: Killer;

  private constructor(stack: TestStack, outside: Outside, product: (outside: Outside) => ReturnType<Bench["product"]>) {
    this.stack = stack;
    this.outside = outside;
    this.product = () => product(outside);
    this.killer = new Killer(stack);
  }

  static async launch(
    stack: TestStack,
    product: (outside: Outside) => ReturnType<Bench["product"]>,
  ): Promise<KilledBench> {
    return new KilledBench(stack, await launch(stack), product);
  }

  /** Kills the release at a phase, then runs the same command again. @param change what makes it a release */
  async killedAt({ phase, victim }: Case, change: () => Promise<void>, replicas: number): Promise<readonly string[]> {
    await change();
    const atPhase = (running: Running) => this.killer.atPhase(running, phase);
    const { journal, again, versions } = await this.#killedWhen(atPhase, victim);
    expect(journal.open?.phase).toMatch(/./);
    expectSuccess(again);
    await expectOneRelease(this.stack, replicas);
    return versions;
  }

  /** In the bake time: the next command watches what is left of it, and the new release stays. @param change what makes it a release */
  async killedInBake(change: () => Promise<void>, replicas: number): Promise<void> {
    await this.stack.set(["slipway:rollout", "bakeSeconds"], 30);
    await change();
    const { journal, again } = await this.#killedWhen(() => this.#baking(), "all");
    expect(journal.bake?.release).toBe(journal.serving?.id);
    expectSuccess(again);
    const now = await journalOf(this.stack);
    expect(now.serving?.id).toBe(journal.serving?.id);
    expect(now.bake).toBeUndefined();
    await expectOneRelease(this.stack, replicas);
  }

  /** In the undo of one that died in its bake time: the next command goes back, and does not try it again. @param part that dies */
  async killedInUndo(change: () => Promise<void>, part: string, replicas: number): Promise<void> {
    const before = await serving(this.outside);
    const restore = await this.stack.saved();
    await change();
    const { journal, again } = await this.#killedWhen(async (running) => {
      await this.#baking();
      const born = (await journalOf(this.stack)).serving?.replicas.find(({ workload }) => workload === part);
      endNow((await engine.getContainer(born?.id ?? "none").inspect()).State.Pid);
      await this.killer.atPhase(running, "undo");
    }, "all");
    expect(journal.bad.at(-1)?.why).toContain("ended by itself");
    expectRefusal(again, "this release went bad before", "ended by itself");
    expect(await serving(this.outside)).toEqual(before);
    await expectOneRelease(this.stack, replicas);
    await restore();
    expectSuccess(await this.stack.slipway("start"));
    expect(await serving(this.outside)).toEqual(before);
  }

  /** Both ways: no phase was planned that the journal does not name, and it named none that nobody was killed at. */
  expectSeen(phases: readonly Phase[]): void {
    expect([...this.killer.seen].sort()).toEqual([...phases].sort());
  }

  #baking(): Promise<unknown> {
    return eventually("it is in its bake time", async () => (await journalOf(this.stack)).bake, 300);
  }

  /** A `start` that is killed as soon as it is so far, and the same command again. */
  async #killedWhen(soFar: (running: Running) => Promise<unknown>, victim: Victim) {
    // Held requests wait until the next command has mended the release.
    const { result, tally, rows } = await polled(
      this,
      async () => {
        const running = this.stack.begin("start");
        await soFar(running);
        await this.killer.kill(running, { step: victim === "all" });
        const journal = await journalOf(this.stack);
        const again = await this.stack.slipway("start");
        expect(again.output).toContain("was killed");
        return { journal, again };
      },
      patientMs,
    );
    expectWholeAnswers(tally, rows);
    return { ...result, versions: versionsOf(tally) };
  }
}
