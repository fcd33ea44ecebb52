import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const checkout = join(import.meta.dirname, "../../..");

export interface Run {
  readonly code: number;
  /** Both streams, in the order they came. */
  readonly output: string;
  readonly stdout: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Run>;
  /** The process has ended; what it started may live on and hold its output open. */
  readonly exited: Promise<void>;
  /** What was printed so far. */
  readonly output: () => string;
}

export function begin(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd: string = checkout,
): Running {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const all: string[] = [];
  const out: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    all.push(text);
    out.push(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => all.push(text));
  const done = once(child, "close").then(
    ([code]): Run => ({ code: typeof code === "number" ? code : -1, output: all.join(""), stdout: out.join("") }),
  );
  const exited = once(child, "exit").then(() => undefined);
  return { child, done, exited, output: () => all.join("") };
}

export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return begin(command, args, env).done;
}

/** What a command prints. @throws Error when it fails, with all that it said */
export async function must(command: readonly string[]): Promise<string> {
  const [program = "", ...args] = command;
  const done = await run(program, args);
  if (done.code !== 0) throw new Error(`${command.join(" ")}: ${done.output}`);
  return done.stdout;
}
