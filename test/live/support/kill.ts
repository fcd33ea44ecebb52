import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { label } from "../../../components/container/spec.ts";
import { watchJournal } from "../../../components/steps/journal.ts";
import { runner } from "./host.ts";
import type { Running } from "./run.ts";
import type { TestStack } from "./stack.ts";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
}

/** SIGKILL for the commands of a stack, as a lost terminal or the OOM killer sends it; remembers what they leave running. */
export class Killer {
  readonly #stack: TestStack;
  readonly #orphans: Process[] = [];
  readonly #seen = new Set<string>();

  constructor(stack: TestStack) {
    this.#stack = stack;
  }

  /** Every phase that the journal named while this waited for one. */
  get seen(): ReadonlySet<string> {
    return this.#seen;
  }

  /** Waits until the release in progress has reached a phase. Fails when the command ends before. */
  async atPhase(running: Running, phase: string): Promise<void> {
    const state = { ended: false };
    const ended = running.exited.then(() => {
      state.ended = true;
    });
    const [reader] = await runner.list({ [label.stack]: this.#stack.name, [label.part]: "switch" });
    if (reader === undefined) throw new Error(`stack ${this.#stack.name} has no switch`);
    const before: string[] = [];
    while (!state.ended) {
      const found = await phaseNow(reader.id);
      if (found !== undefined) this.#seen.add(found);
      if (found === phase) return;
      if (found !== undefined && !before.includes(found)) before.push(found);
      // The shortest phase takes some 100 ms; asking without a pause would cost the engine a core.
      await pause(15);
    }
    await ended;
    throw new Error(`the release ended without being seen in phase ${phase}, only in ${before}:\n${running.output()}`);
  }

  /** Ends the engine, and with `step` the process of the step that holds the lease too, and at the same moment. */
  async kill(running: Running, { step }: { readonly step: boolean }): Promise<void> {
    const all = await processes();
    const engine = all.find(
      ({ argv }) => argv[0]?.endsWith("pulumi") === true && argv.includes(this.#stack.name) && argv.includes("up"),
    );
    if (engine === undefined) throw new Error("no pulumi process works on this stack");
    this.#orphans.push(...all.filter(({ parent }) => parent === engine.pid));
    if (step) {
      // The step runs in a plugin of the engine: all of them end at once, as when the machine loses its power.
      process.kill(engine.pid, "SIGKILL");
      for (const { pid } of descendants(all, engine.pid)) endNow(pid);
    } else process.kill(engine.pid, "SIGKILL");
    await running.exited;
  }

  /** The killed engines' plugins, which nobody ends. */
  async endOrphans(): Promise<void> {
    const alive = await processes();
    for (const { pid, argv } of this.#orphans.splice(0)) {
      if (alive.some((each) => each.pid === pid && each.argv.join() === argv.join())) endNow(pid);
    }
  }
}

/** Undefined between two phases, and while the journal is being written: (m) a read then ends with "Unexpected end of data". */
async function phaseNow(reader: string): Promise<string | undefined> {
  try {
    return (await watchJournal(runner, reader)).open?.phase;
  } catch (error) {
    if (error instanceof Error && /Unexpected end|JSON/.test(error.message)) return undefined;
    throw error;
  }
}

/** SIGKILL for one process; that it ended by itself meanwhile is fine. */
export function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** SIGKILL for a process and all that is below it, as when its machine loses its power. */
export async function killTree(pid: number): Promise<void> {
  const below = descendants(await processes(), pid);
  for (const each of [pid, ...below.map((one) => one.pid)]) endNow(each);
}

function descendants(all: readonly Process[], of: number): readonly Process[] {
  const children = all.filter(({ parent }) => parent === of);
  return children.flatMap((child) => [child, ...descendants(all, child.pid)]);
}

async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const [stat = "", cmdline = ""] = await Promise.all(
        ["stat", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
      );
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return { pid: Number(pid), parent, argv: cmdline.split("\0") };
    }),
  );
}
