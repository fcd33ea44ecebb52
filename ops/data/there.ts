import type { KnownSet } from "../../components/backup/manifest.ts";
import { differences } from "../../components/backup/manifest.ts";
import { countLive } from "../../components/backup/rows.ts";
import { restore, take, withData } from "../../components/backup/sets.ts";
import { revisionOf } from "../../components/migration/bench.ts";
import { clusterRunnerOf } from "../../components/steps/engine.ts";
import { messageOf, StepFailure } from "../../components/steps/failure.ts";
import type { SessionRunner } from "../../components/steps/runner.ts";
import type { Arguments } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi } from "../pulumi.ts";
import { contextOf, stackExists } from "../stack.ts";
import { type ClusterFacts, clusterFactsOf } from "./facts.ts";

/** A stack in a cluster whose data are worked on. */
export interface There {
  readonly facts: ClusterFacts;
  readonly runner: SessionRunner;
}

/** @throws Error in words for the user when there is no such stack, or none that runs */
export async function openThere(wishes: Arguments): Promise<There> {
  const { stack } = wishes;
  const context = contextOf(await prepareFor(wishes), stack);
  if (!(await stackExists(context)))
    throw new Error(`there is no stack ${stack}; \`npm run systems\` lists those that there are`);
  const facts = clusterFactsOf(stack, await askPulumi(context, ["stack", "export", "--show-secrets"]));
  return { facts, runner: await clusterRunnerOf(facts.host) };
}

/** @throws Error in words for the user for data that nobody can replace while they are in use */
export function assertReplaceable({ place, access }: Pick<ClusterFacts, "place" | "access">): void {
  if (access.data.database.kind === "postgres") return;
  throw new Error(
    `stack ${place.stack}: its rows are in SQLite, whose one writer nothing in a cluster holds while the file is replaced; allowed is a stack with PostgreSQL`,
  );
}

export interface Replaced {
  readonly rows: Readonly<Record<string, number>>;
  /** The set of what was there before. */
  readonly emergency: string;
}

/**
 * Puts a set in the place of the data, while the product runs: the database is restored beside and renamed in one transaction. What came of it is
 * held against the release's schema, and against the rows that the set tells; when it is something else, what was there before comes back.
 * @param make brings the set there when the emergency set is taken, and answers its name
 */
export async function replaceData(
  { facts, runner }: There,
  manifest: KnownSet["manifest"],
  make: () => Promise<string>,
): Promise<Replaced> {
  const { place, access, schema } = facts;
  // The set that is wanted may be the oldest, and must not go for the emergency's.
  const roomy = { ...access, data: { ...access.data, keep: access.data.keep + 2 } };
  const emergency = await take(runner, place, roomy, "emergency");
  const set = await make();
  await restore(runner, place, access, set);
  try {
    const revision = await withData(runner, place, "restore", access, (sql) => revisionOf(sql, access, schema, "live"));
    if (revision !== schema.target)
      throw new StepFailure(
        `${set}: its schema is at ${revision ?? "no revision"}, and ${place.stack} runs ${schema.target}; release the same version first`,
      );
    const rows = await countLive(runner, place, access);
    const wrong = manifest === undefined ? [] : differences(manifest.rows, rows);
    if (wrong.length > 0) throw new StepFailure(`${set}: what was restored is not what it holds: ${wrong.join("; ")}`);
    return { rows, emergency: emergency.set };
  } catch (error) {
    await restore(runner, place, access, emergency.set);
    throw new StepFailure(
      `${messageOf(error)}\n${place.stack} has the data of ${emergency.set} again, which are those of before.`,
    );
  }
}
