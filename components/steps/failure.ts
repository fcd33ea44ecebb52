import { messageOf } from "../../toolchain/message.ts";
import type { Finished } from "./runner.ts";

export { messageOf };

const keptLines = 30;

/** A step's failure as a user reads it: what was tried, how it ended, the last lines, what was done about it. */
export class StepFailure extends Error {}

/**
 * What is replaced for these secrets: longest first, so that no part of one stays; one of several lines also line by line, because a log may be cut or
 * indented between them. What is shorter than four letters would take ordinary words along.
 */
export function knownPieces(secrets: readonly string[]): readonly string[] {
  const pieces = secrets.flatMap((secret) => [secret, ...secret.split("\n").map((line) => line.trim())]);
  return [...new Set(pieces)].filter((piece) => piece.length >= 4).sort((a, b) => b.length - a.length);
}

/** Replaces every known secret by `***`; thrown messages are printed in clear by the engine. */
export function redact(text: string, secrets: readonly string[]): string {
  return knownPieces(secrets).reduce((rest, piece) => rest.replaceAll(piece, "***"), text);
}

/** Does a step's work; whatever it throws is a StepFailure that repeats none of the secrets. */
export async function redacted<T>(secrets: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StepFailure(redact(messageOf(error), secrets));
  }
}

/** The end of a log or an output. @param count default 30 */
export function lastLines(text: string, count: number = keptLines): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** `alembic upgrade x` exited with 1; its last lines: ... */
export function commandFailure(what: string, argv: readonly string[], finished: Finished): StepFailure {
  return new StepFailure(
    `${what}: \`${argv.join(" ")}\` exited with ${finished.exitCode}; its last lines:\n${indent(lastLines(finished.output))}`,
  );
}

/** Each line four blanks in: another program's words within ours. */
export function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
