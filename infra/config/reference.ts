import { spawnSync } from "node:child_process";
import { isRecord } from "../../components/options/path.ts";

/** Where a secret is kept, in place of its value: a variable of the process that runs Pulumi, or what a command prints (Vault, AWS, sops, pass...). */
export type Reference = { readonly fromEnv: string } | { readonly fromCommand: readonly string[] };

/** The secret, or why it could not be had, in words that hold nothing of it. */
export type LookUp = (reference: Reference) => { readonly value: string } | { readonly why: string };

/** The reference that a config's value is; undefined for a value that is none, also for one that only looks like it. */
export function referenceIn(value: unknown): Reference | undefined {
  if (!isRecord(value) || Object.keys(value).length !== 1) return undefined;
  const { fromEnv, fromCommand } = value;
  if (typeof fromEnv === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(fromEnv)) return { fromEnv };
  const isCommand = Array.isArray(fromCommand) && fromCommand.length > 0 && fromCommand.every(isText);
  return isCommand ? { fromCommand } : undefined;
}

function isText(word: unknown): word is string {
  return typeof word === "string" && !word.includes("\0");
}

const patienceMs = 30_000;

/** Asks this machine. Commands run without a shell; what they say to their standard error is the user's to see, and stays there. */
export function lookUpHere(environment: Readonly<Record<string, string | undefined>>): LookUp {
  return (reference) => {
    if ("fromEnv" in reference) {
      const value = environment[reference.fromEnv];
      if (value !== undefined && value !== "") return { value };
      return { why: `the variable ${reference.fromEnv} is not set where Pulumi runs: export it` };
    }
    const [program = "", ...args] = reference.fromCommand;
    const { status, stdout, error } = spawnSync(program, args, {
      encoding: "utf8",
      timeout: patienceMs,
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (error !== undefined) return { why: `the command ${program} did not run (${errorCode(error)})` };
    if (status !== 0) return { why: `the command ${program} ended with ${status ?? "a signal"}` };
    const value = stdout.replace(/\r?\n$/, "");
    return value === "" ? { why: `the command ${program} printed nothing` } : { value };
  };
}

function errorCode(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
