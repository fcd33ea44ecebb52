import { expect } from "vitest";
import { label } from "../../../components/container/spec.ts";
import { type Journal, watchJournal } from "../../../components/steps/journal.ts";
import { Client, compareWrites, gapLine, type Tally } from "./client.ts";
import { engine, Outside, runner } from "./host.ts";
import type { Product } from "./product.ts";
import type { Run } from "./run.ts";
import type { TestStack } from "./stack.ts";

/** Longer than any hold, in milliseconds, on the slowest machine too: how long one was is told, and judged by the product alone. */
export const patientMs = 120_000;

/** A running stack and what its tests ask of it. */
export interface Bench {
  readonly stack: TestStack;
  readonly outside: Outside;
  readonly product: () => Product | Promise<Product>;
}

/** Launches a stack that was configured. */
export async function launch(stack: TestStack): Promise<Outside> {
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
  const outside = new Outside(stack);
  await outside.healthy();
  return outside;
}

/** What the host says of the stack's releases. */
export async function journalOf(stack: TestStack): Promise<Journal> {
  const [reader] = await runner.list({ [label.stack]: stack.name, [label.part]: "switch" });
  if (reader === undefined) throw new Error(`stack ${stack.name} has no switch`);
  return watchJournal(runner, reader);
}

/** Does something while a client asks 20 times a second; afterwards its acknowledged writes are looked up. */
export async function polled<T>(
  { stack, product }: Bench,
  work: (client: Client) => Promise<T>,
  timeoutMs?: number,
): Promise<{ readonly result: T; readonly tally: Tally; readonly rows: readonly string[] }> {
  const own = await product();
  const client = await Client.start(stack, own, timeoutMs);
  let tally: Tally | undefined;
  try {
    const result = await work(client);
    tally = await client.stop();
    return { result, tally, rows: await own.rows() };
  } finally {
    if (tally === undefined) await client.stop();
    else console.log(`  ${expect.getState().currentTestName ?? ""}: ${gapLine(tally)}`);
  }
}

/** No request failed, nothing was answered by halves, the rows are exactly the acknowledged writes. */
export function expectNoFailure(tally: Tally, rows: readonly string[]): void {
  expect(tally.gap).toEqual([]);
  expectWholeAnswers(tally, rows);
  expect([...rows].sort()).toEqual([...tally.acknowledged].sort());
}

/** What may never be, in no fault: an answer by halves, a lost acknowledged write, one written twice. */
export function expectWholeAnswers(tally: Tally, rows: readonly string[]): void {
  expect(tally.broken).toEqual([]);
  expect(compareWrites(tally.acknowledged, rows)).toEqual({ lost: [], doubled: [] });
  expect(tally.acknowledged.length).toBeGreaterThan(0);
}

export function versionsOf(tally: Tally): readonly string[] {
  return [...tally.versions.keys()].sort();
}

export function expectSuccess(up: Run): void {
  expect(up.code, up.output).toBe(0);
}

/** It failed, in words that say all this. */
export function expectRefusal(up: Run, ...words: readonly (string | RegExp)[]): void {
  expect(up.code, up.output).not.toBe(0);
  for (const word of words) expect(up.output).toMatch(word);
}

/** Ids of the workload containers that run, by workload. */
export async function serving(outside: Outside): Promise<Readonly<Record<string, readonly string[]>>> {
  const running = (await outside.workloads()).filter(({ State }) => State === "running");
  const parts = [...new Set(running.map(({ Labels }) => Labels[label.part] ?? ""))].sort();
  return Object.fromEntries(
    parts.map((part) => [
      part,
      running
        .filter(({ Labels }) => Labels[label.part] === part)
        .map(({ Id }) => Id)
        .sort(),
    ]),
  );
}

/** The journal is closed; the workload containers are exactly those of the serving release, which run, and of the one before, which do not. */
export async function expectOneRelease(stack: TestStack, replicas: number): Promise<void> {
  const outside = new Outside(stack);
  const journal = await journalOf(stack);
  expect(journal.open).toBeUndefined();
  const wanted = journal.serving?.replicas.map(({ id }) => id).sort() ?? [];
  const kept = journal.previous?.replicas.map(({ id }) => id).filter((id) => !wanted.includes(id)) ?? [];
  const workloads = await outside.workloads();
  const running = workloads.filter(({ State }) => State === "running").map(({ Id }) => Id);
  expect(running.sort()).toEqual(wanted);
  expect(wanted.length).toBe(replicas);
  const stopped = workloads.map(({ Id }) => Id).filter((id) => !running.includes(id));
  expect(stopped.filter((id) => !kept.includes(id))).toEqual([]);
  for (const id of wanted) expect(await restartOf(id)).toBe("unless-stopped");
  for (const id of stopped) expect(await restartOf(id)).toBe("no");
  const helpers = (await outside.containers()).filter(({ Labels }) =>
    ["session", "files", "lease"].includes(Labels[label.role] ?? ""),
  );
  expect(helpers.map(({ Names }) => Names.join())).toEqual([]);
  await outside.healthy();
}

async function restartOf(id: string): Promise<string | undefined> {
  return (await engine.getContainer(id).inspect()).HostConfig.RestartPolicy?.Name;
}

/** An output of the stack, as a user reads it. */
export async function outputOf(stack: TestStack, name: string): Promise<unknown> {
  const { code, stdout, output } = await stack.pulumi("stack", "output", name, "--json");
  if (code !== 0) throw new Error(output);
  return JSON.parse(stdout);
}

/** Whether a preview finds anything to do. */
export async function expectNoChanges(stack: TestStack): Promise<void> {
  const preview = await stack.slipway("preview", "--expect-no-changes");
  expect(preview.code, preview.output).toBe(0);
}
