import { type ChildProcess, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment; undefined takes a name away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the command after this time, in milliseconds. Default: never. */
  readonly timeoutMs?: number;
  /** Ends the command when it has written nothing for this time, in milliseconds. Default: never. */
  readonly stallMs?: number;
  /** What it reads from its standard input. @default nothing */
  readonly input?: string;
  /** Sees every line of both streams. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** Exit code; undefined when it was ended, did not start or died of a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** What went wrong in a line or more: the standard error, or why it was ended or did not start. */
  readonly stderr: string;
}

/** Runs a command without a shell. Never throws. */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const env = { ...process.env, ...options.env };
  // A group of its own, so that ending it also ends what it started (npm starts sh starts curl).
  const child = spawn(command, args, {
    cwd: options.cwd,
    env,
    stdio: "pipe",
    detached: limited(options),
  });
  // One that ends without having read it all is told by its exit code.
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const said = { stdout: "", stderr: "" };
  let ended = "";
  const end = (why: string) => () => {
    ended = why;
    endGroup(child);
  };
  const deadline = timer(options.timeoutMs, end(`no end after ${Number(options.timeoutMs) / 1000} s`));
  const stall = timer(options.stallMs, end(`no sign of life for ${Number(options.stallMs) / 1000} s`));
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      said[name] += chunk;
      stall?.refresh();
      if (options.onLine !== undefined) for (const line of chunk.split("\n")) if (line !== "") options.onLine(line);
    });
  }
  const outcome = await new Promise<{ code: number | null; failure: string }>((resolve) => {
    child.on("error", (error) => resolve({ code: null, failure: error.message }));
    child.on("close", (code, signal) => resolve({ code, failure: signal === null ? "" : `ended by ${signal}` }));
  });
  clearTimeout(deadline);
  clearTimeout(stall);
  const why = [said.stderr.trim(), ended || outcome.failure].filter((part) => part !== "").join("\n");
  return { code: outcome.code ?? undefined, stdout: said.stdout, stderr: why };
}

/** Like `run`, but answers the standard output, and throws what the command said when it fails. */
export async function succeed(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(
    `\`${[command, ...args].join(" ")}\` failed${code === undefined ? "" : ` (exit code ${code})`}:\n${stderr || stdout.trim()}`,
  );
}

/** The full path of a command on that PATH, as a shell would find it. */
export async function which(command: string, path: string | undefined): Promise<string | undefined> {
  for (const folder of (path ?? "").split(delimiter).filter(isAbsolute)) {
    const file = join(folder, command);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Whether this user may run the file; false also when there is none. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function limited(options: CommandOptions): boolean {
  return options.timeoutMs !== undefined || options.stallMs !== undefined;
}

function timer(ms: number | undefined, then: () => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(then, ms);
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    // Gone in the meantime is what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
