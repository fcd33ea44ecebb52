import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { run } from "../toolchain/command.ts";

/** How to call the Pulumi CLI for one stack: what `toolchain/prepare.ts` found, and the stack. */
export interface PulumiContext {
  readonly pulumi: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stack: string;
  readonly cwd: string;
}

/** Runs the CLI with its output on this terminal and answers its exit code. Ctrl-C reaches it as it reaches us. */
export async function runPulumi(context: PulumiContext, args: readonly string[]): Promise<number> {
  const child = spawn(context.pulumi, [...stackArgs(context, args), ...onTerminal()], {
    cwd: context.cwd,
    env: context.env,
    stdio: "inherit",
  });
  const [code, signal] = await once(child, "exit");
  return typeof code === "number" ? code : signal === "SIGINT" ? 130 : 1;
}

/** Runs the CLI, answers its exit code and what it printed; its errors go to this terminal. */
export async function readPulumi(
  context: PulumiContext,
  args: readonly string[],
): Promise<{ code: number; out: string }> {
  const child = spawn(context.pulumi, [...stackArgs(context, args), "--non-interactive"], {
    cwd: context.cwd,
    env: context.env,
    stdio: ["inherit", "pipe", "inherit"],
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { code: typeof code === "number" ? code : 1, out };
}

/** Runs the CLI and answers what it printed. @throws Error with what it said when it fails */
export async function askPulumi(context: PulumiContext, args: readonly string[], input?: string): Promise<string> {
  const { pulumi, cwd, env } = context;
  const asked = [...stackArgs(context, args), "--non-interactive"];
  const { code, stdout, stderr } = await run(pulumi, asked, { cwd, env, ...(input !== undefined && { input }) });
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} exited with ${code}:\n${stderr || stdout.trim()}`);
  return stdout;
}

function stackArgs(context: PulumiContext, args: readonly string[]): string[] {
  return [...args, "--stack", context.stack];
}

/** A terminal gets Pulumi's live display; a log gets lines. */
function onTerminal(): readonly string[] {
  return process.stdout.isTTY ? [] : ["--non-interactive"];
}
