import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { candidate } from "../../../components/rollout/spec.ts";
import { rolloutInputs, workerPlan } from "../../doubles/stack.ts";

/** The command of a paused worker, run for real: by this machine's `sh`, with the gate in a folder of the test's. */
let folder: string;
let gate: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-gate-"));
  gate = join(folder, "r1");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

function start(...command: readonly string[]): ChildProcess {
  const plan = workerPlan("sha256:i", 1);
  const { entrypoint = [], command: rest = [] } = candidate(
    rolloutInputs("sha256:i", "a"),
    { ...plan, container: { ...plan.container, command } },
    "r1",
    0,
  );
  const [program = "", ...argv] = [...entrypoint, ...rest].map((word) =>
    word.replace("/var/lib/slipway/gates/r1", gate),
  );
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

const firstLine = async (child: ChildProcess): Promise<unknown> => {
  if (child.stdout === null) throw new Error("no output");
  return (await once(createInterface(child.stdout), "line"))[0];
};

/** Words that a shell would take apart, did anybody quote them wrongly. */
const words = ["sh", "-c", 'echo "began $$: $1"; exec sleep 60', "worker", "a b $HOME 'c'"];

test("it waits; when the gate opens it becomes the worker itself, its words untouched", async () => {
  const child = start(...words);
  const line = firstLine(child);
  // It has looked three times and gone on waiting; one that does not wait has printed by then.
  await looks(child, 3);
  expect(await Promise.race([line, "nothing yet"])).toBe("nothing yet");
  writeFileSync(gate, "");
  // The same process id: TERM reaches the worker, not a shell around it.
  expect(await line).toBe(`began ${child.pid}: a b $HOME 'c'`);
});

test("a gate that is open lets it begin at once: a worker that restarts later", async () => {
  writeFileSync(gate, "");
  expect(await firstLine(start("echo", "began"))).toBe("began");
});

test("TERM ends the waiting at once and without an error", async () => {
  const child = start("echo", "began");
  const output: string[] = [];
  child.stdout?.on("data", (piece) => output.push(String(piece)));
  // A TERM before the shell has set its trap would end it too, by the signal.
  await looks(child, 1);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(output).toEqual([]);
});

test("TERM after the gate opened is the worker's own", async () => {
  writeFileSync(gate, "");
  const child = start("sh", "-c", "trap 'exit 7' TERM; echo began; while :; do sleep 0.05; done");
  expect(await firstLine(child)).toBe("began");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([7, null]);
});

/** Until it has looked for its gate so often: each look that finds none begins another `sleep`. */
async function looks(child: ChildProcess, times: number): Promise<void> {
  const sleeps = new Set<string>();
  while (sleeps.size < times) {
    for (const pid of readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ")) {
      if (pid !== "") sleeps.add(pid);
    }
    await new Promise(setImmediate);
  }
}
