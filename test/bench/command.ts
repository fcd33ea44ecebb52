import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface CommandPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the command as Ctrl-C does. */
  readonly stop?: AbortSignal;
}

/**
 * Runs a command and answers what it took in seconds, from its start to its end.
 * @throws Error with its output when it fails or is stopped: a failure has no timing
 */
export async function timed(
  command: string,
  args: readonly string[],
  { cwd, env, stop }: CommandPlace,
): Promise<number> {
  stop?.throwIfAborted();
  const started = performance.now();
  // A process group of its own: Ctrl-C on a terminal reaches it once, through us, so that it ends cleanly.
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const interrupt = () => child.kill("SIGINT");
  stop?.addEventListener("abort", interrupt);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const seconds = (performance.now() - started) / 1000;
  stop?.removeEventListener("abort", interrupt);
  stop?.throwIfAborted();
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} exited with ${code}:\n${out.trim()}\n${err.trim()}`);
  return seconds;
}
