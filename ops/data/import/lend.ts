import { Readable } from "node:stream";
import { takeLent } from "../../../components/backup/brought.ts";
import { chooseSet, isWhole, type KnownSet } from "../../../components/backup/manifest.ts";
import { readerRequest, setsPath } from "../../../components/backup/spec.ts";
import { withSession } from "../../../components/steps/session.ts";
import type { DataFacts } from "../facts.ts";
import { type DataStack, listSets, withDataLease } from "../session.ts";
import { type BroughtSet, lentNotes } from "./notes.ts";

type Lends = Pick<DataFacts, "place" | "access">;

/** @throws Error in words for the user when one stack's sets are of no use to the other */
export function assertLends(from: Lends, to: Lends): void {
  const [ours, theirs] = [from.place, to.place];
  if (ours.stack === theirs.stack)
    throw new Error(
      `--into ${theirs.stack}: that is the stack itself; without --into its sets are restored where they are from`,
    );
  if (ours.system !== theirs.system)
    throw new Error(
      `--into ${theirs.stack}: it runs ${theirs.system}, and the sets of ${ours.stack} are of ${ours.system}; allowed is a stack of ${ours.system}, \`npm run systems\` lists them`,
    );
  const [kind, wanted] = [from, to].map(({ access }) => access.data.database.kind);
  if (kind !== wanted)
    throw new Error(
      `--into ${theirs.stack}: its rows are in ${named[wanted ?? "sqlite"]}, those of ${ours.stack} in ${named[kind ?? "sqlite"]}; allowed is a stack with the same database`,
    );
}

/** @throws Error in words for the user for a set that a release took */
export function assertLendable(chosen: KnownSet, stack: string): void {
  if (isWhole(chosen)) return;
  throw new Error(
    `${chosen.name} was taken by a release and says neither its rows nor its schema; allowed for --into are sets of \`npm run backup -- --stack ${stack}\`, by --set`,
  );
}

const named = { sqlite: "SQLite", postgres: "PostgreSQL" } as const;

/**
 * Copies a set of one stack among those of another, on the same host or not; of the first nothing changes.
 * @throws Error in words for the user, for a release's
 */
export async function lend(from: DataStack, to: DataStack, chosen: KnownSet): Promise<BroughtSet> {
  const { place, access } = from.facts;
  const { name } = chosen;
  assertLendable(chosen, place.stack);
  to.say(`copying ${name} of ${place.stack} to ${to.facts.place.stack}`);
  const copy = await withSession(from.runner, place, "lend", readerRequest(access.data), ({ id }) =>
    withDataLease(to, "import", async (lease) => {
      const archive = await from.engine.getContainer(id).getArchive({ path: `${setsPath}/${name}` });
      return takeLent(lease.runner, to.facts, name, () => Readable.from(archive));
    }),
  );
  const set = chooseSet(await listSets(to), { set: copy, at: undefined }, to.facts.place.stack);
  return { set, notes: lentNotes(name, place.stack, to.facts.place.stack) };
}
