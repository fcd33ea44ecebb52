import { label } from "../container/spec.ts";
import type { Runner } from "../steps/runner.ts";
import { firewallCommand, firewallPart } from "./spec.ts";

/**
 * What is other on the host than the rules that were confirmed; empty when they stand. A container that is missing or does not run says nothing
 * here: it is told of as a container, and holds its rules again as soon as it runs.
 */
export async function firewallDeviation(runner: Runner, stack: string): Promise<readonly string[]> {
  const found = await runner.list({ [label.stack]: stack, [label.part]: firewallPart });
  const running = found.find(({ state }) => state === "running");
  if (running === undefined) return [];
  const { exitCode, output } = await runner.exec(running.id, { argv: [firewallCommand, "check"] });
  if (exitCode === 0) return [];
  const lines = output.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").map((line) => line.replace(`${firewallCommand}: `, ""));
}
