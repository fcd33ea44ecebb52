import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import { type KnownSet, manifestFile, parseSets } from "../../components/backup/manifest.ts";
import { readerRequest, setsPath } from "../../components/backup/spec.ts";
import type { Whole } from "../../components/backup/whole.ts";
import { recovered } from "../../components/rollout/recover.ts";
import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import type { Lease } from "../../components/steps/lease.ts";
import type { Runner, SessionRunner } from "../../components/steps/runner.ts";
import { withSession } from "../../components/steps/session.ts";
import { script } from "../../components/steps/shell.ts";
import type { Prepared } from "../../toolchain/prepare.ts";
import type { Arguments } from "../arguments.ts";
import { awaitLease, clearStaleLock } from "../locks.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { contextOf, stackExists } from "../stack.ts";
import { stackFile } from "../stack-file.ts";
import { type DataFacts, factsOf } from "./facts.ts";

/** A stack whose data are worked on. */
export interface DataStack {
  readonly prepared: Prepared;
  readonly context: PulumiContext;
  readonly engine: Docker;
  readonly runner: Runner;
  readonly facts: DataFacts;
  readonly say: (line: string) => void;
}

/** @throws Error in words for the user when there is no such stack, or none that runs */
export async function openStack(wishes: Arguments, say: (line: string) => void): Promise<DataStack> {
  const { stack } = wishes;
  const prepared = await prepareFor(wishes);
  const context = await contextOfKnown(prepared, stack);
  const engine = engineClient(prepared.dockerHost);
  const runner = dockerRunner(prepared.dockerHost);
  await clearStaleLock(context, runner, { stack, system: "" }, say);
  const facts = factsOf(stack, await askPulumi(context, ["stack", "export", "--show-secrets"]));
  return { prepared, context, engine, runner, facts, say };
}

/** @throws Error in words for the user when there is no such stack */
export async function contextOfKnown(prepared: Prepared, stack: string): Promise<PulumiContext> {
  const context = contextOf(prepared, stack);
  if (await stackExists(context)) return context;
  throw new Error(`there is no stack ${stack}; \`npm run systems\` lists those that there are`);
}

/** Work on the data as the only one: no release begins meanwhile, and one that was cut off is mended first. */
export async function withDataLease<T>(
  { runner, facts, say }: Pick<DataStack, "runner" | "facts" | "say">,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  await awaitLease(runner, facts.place, say);
  return recovered(runner, facts.place, facts, purpose, work);
}

/** The stack's data with what is of use beside them: its state, secrets encrypted by its own passphrase, and its config. */
export async function wholeOf({ context, facts }: Pick<DataStack, "context" | "facts">): Promise<Whole> {
  const [state, config] = await Promise.all([
    askPulumi(context, ["stack", "export"]),
    readFile(stackFile(context.stack), "utf8"),
  ]);
  return { ...facts, beside: { "stack.json": state, "stack.yaml": config } };
}

/** Every complete set of a stack, newest last. */
export async function listSets({
  runner,
  facts,
}: {
  readonly runner: SessionRunner;
  readonly facts: Pick<DataFacts, "place" | "access">;
}): Promise<readonly KnownSet[]> {
  const argv = script(
    `cd ${setsPath}`,
    "for set in *; do",
    '  case "$set" in *.part|"*") continue;; esac',
    '  [ -s "$set/SHA256SUMS" ] || continue',
    `  printf '%s\\t%s\\t%s\\t' "$set" "$(du -sk "$set" | cut -f1)" "$(stat -c %Y "$set/SHA256SUMS")"`,
    `  if [ -f "$set/${manifestFile}" ]; then tr -d '\\n\\t' < "$set/${manifestFile}"; fi; echo`,
    "done",
  );
  const output = await withSession(runner, facts.place, "list", readerRequest(facts.access.data), (session) =>
    session.must("listing the backup sets", { argv }),
  );
  return parseSets(output);
}
