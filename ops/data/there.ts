import { differences, type KnownSet, parseCounts } from "../../components/backup/manifest.ts";
import { countSet } from "../../components/backup/rows.ts";
import { restore, take, withCopy, withData } from "../../components/backup/sets.ts";
import { revisionOf } from "../../components/migration/bench.ts";
import { clusterRunnerOf } from "../../components/steps/engine.ts";
import { StepFailure } from "../../components/steps/failure.ts";
import { aloneIn } from "../../components/steps/namespace-lease.ts";
import type { SessionRunner } from "../../components/steps/runner.ts";
import type { Session } from "../../components/steps/session.ts";
import type { Arguments } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { type ClusterFacts, clusterFactsOf } from "./facts.ts";
import { contextOfKnown } from "./session.ts";

/** A stack in a cluster whose data are worked on. */
export interface There {
  readonly facts: ClusterFacts;
  readonly runner: SessionRunner;
  readonly context: PulumiContext;
}

/** @throws Error in words for the user when there is no such stack, or none that runs */
export async function openThere(wishes: Arguments): Promise<There> {
  const { stack } = wishes;
  const context = await contextOfKnown(await prepareFor(wishes), stack);
  return known(context);
}

async function known(context: PulumiContext): Promise<There> {
  const facts = clusterFactsOf(context.stack, await askPulumi(context, ["stack", "export", "--show-secrets"]));
  return { facts, runner: await clusterRunnerOf(facts.host), context };
}

/**
 * Runs `work` as the only one that changes the stack, with what is known of it then: a release may have ended while this one waited.
 * @throws StepFailure naming who changes it
 */
export function aloneThere<T>(there: There, purpose: string, work: (there: There) => Promise<T>): Promise<T> {
  const { host, place } = there.facts;
  return aloneIn(host, place, { purpose }, async () => work(await known(there.context)));
}

/** @throws Error in words for the user for data that nobody can replace while they are in use */
export function assertReplaceable({ place, access }: Pick<ClusterFacts, "place" | "access">): void {
  if (access.data.database.kind === "postgres") return;
  throw new Error(
    `stack ${place.stack}: its rows are in SQLite, whose one writer nothing in a cluster holds while the file is replaced; allowed is a stack with PostgreSQL`,
  );
}

export interface Replaced {
  /** By table, as the set holds them. */
  readonly rows: Rows;
  /** The set of what was there before. */
  readonly emergency: string;
}

type Rows = Readonly<Record<string, number>>;

/**
 * Puts a set in the place of the data, while the product runs: it is held against what the release knows first, since afterwards users write, then an
 * emergency set is taken, and the database is restored beside and renamed in one transaction.
 * @param set its name. @param manifest where the set has one
 */
export async function replaceData(
  { facts, runner }: Pick<There, "facts" | "runner">,
  set: string,
  manifest: KnownSet["manifest"],
): Promise<Replaced> {
  const { place, access } = facts;
  const rows = await withData(runner, place, "look", access, (session) =>
    assertServable(session, facts, set, manifest),
  );
  // The set that is wanted may be the oldest, and must not go for the emergency's.
  const roomy = { ...access, data: { ...access.data, keep: access.data.keep + 2 } };
  const emergency = await take(runner, place, roomy, "emergency");
  await restore(runner, place, access, set);
  return { rows, emergency: emergency.set };
}

/** A set of a release tells neither its schema nor its rows: that schema is asked of a copy beside the database, as a rehearsal does. */
async function assertServable(
  session: Session,
  { place, access, schema }: ClusterFacts,
  set: string,
  manifest: KnownSet["manifest"],
): Promise<Rows> {
  const rows = parseCounts(await session.must("counting the set's rows", { argv: countSet(access.data, set) }));
  const wrong = manifest === undefined ? [] : differences(manifest.rows, rows);
  if (wrong.length > 0) throw new StepFailure(`${set} is not what it was when it was taken: ${wrong.join("; ")}`);
  const revision =
    manifest === undefined
      ? await withCopy(session, access, set, () => revisionOf(session, access, schema, "rehearsal"))
      : manifest.revision;
  if (revision === schema.target) return rows;
  throw new StepFailure(
    `${set}: its schema is at ${revision ?? "no revision"}, and ${place.stack} runs ${schema.target}; release the same version first`,
  );
}
