import type { Readable } from "node:stream";
import type { Place } from "../container/spec.ts";
import { rehearsalName } from "../database/spec.ts";
import { revisionOf } from "../migration/bench.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { dropDatabase, rehearsalDatabase } from "../postgres/dump.ts";
import type { Lease } from "../steps/lease.ts";
import type { SessionRunner } from "../steps/runner.ts";
import type { Session } from "../steps/session.ts";
import { acceptDatabase, acceptSet, receive } from "./incoming.ts";
import { importPurpose, type Manifest, manifestFile, manifestText, parseCounts } from "./manifest.ts";
import { countSet } from "./rows.ts";
import { all, type DataAccess, withData } from "./sets.ts";
import { databaseCopy, setName, setsPath, takePieces } from "./spec.ts";
import { putTexts } from "./whole.ts";

/** The stack that takes what is brought. */
export interface Taker {
  readonly place: Place;
  readonly access: DataAccess;
  readonly schema: SchemaSpec;
}

export interface Brought {
  /** A tar of what goes into the set: directories by their names, the database where `incomingFile` says. */
  readonly files: () => Readable;
  /** Whether the database in it is gzipped. */
  readonly packed: boolean;
  /** Makes the set's dump where the database does not come by the tar. @param to its path, in a session that has the sets */
  readonly load?: (to: string) => Promise<void>;
  /** When the database was written, by its own file's time. */
  readonly made: Date;
}

/**
 * A set of files that Slipway did not write: read to its end by the database's own programs, its rows counted, its schema revision asked, so that
 * whatever is wrong with it is told before anything of the stack changes. The caller holds the lease.
 */
export function takeBrought(lease: Lease, taker: Taker, brought: Brought): Promise<string> {
  const { place, access, schema } = taker;
  return intoSet(lease.runner, taker, async (session, set, what) => {
    await session.must(what, { argv: receive(set), input: brought.files });
    if (brought.load === undefined) await all(session, what, acceptDatabase(access.data, set, brought.packed));
    else await brought.load(databaseCopy(access.data, `${set}.part`));
    const rows = parseCounts(await session.must(what, { argv: countSet(access.data, `${set}.part`) }));
    const revision = await revisionIn(session, access, schema, set);
    const time = brought.made.toISOString();
    const manifest: Manifest = {
      version: 1,
      stack: place.stack,
      system: place.system,
      began: time,
      ended: time,
      // Nobody can know: the files were written one after the other.
      oneMoment: false,
      heldSeconds: 0,
      generation: place.generation ?? 0,
      image: access.data.image,
      ...(revision !== undefined && { revision }),
      rows,
      stores: [],
    };
    const texts = { [manifestFile]: manifestText(manifest) };
    await putTexts(session, lease, access.data.user, `${setsPath}/${set}.part`, texts);
  });
}

/** A set of another stack of the same system, checked byte by byte. @param from its name. @param files a tar with it as its one folder */
export function takeLent(
  runner: SessionRunner,
  taker: Pick<Taker, "place" | "access">,
  from: string,
  files: () => Readable,
): Promise<string> {
  return intoSet(runner, taker, async (session, set, what) => {
    await session.must(what, { argv: receive(set), input: files });
    await all(session, what, acceptSet(from, set));
  });
}

/** Answers the set's name. No older set goes for it: what was brought may not be restored in the end. */
function intoSet(
  runner: SessionRunner,
  { place, access }: Pick<Taker, "place" | "access">,
  fill: (session: Session, set: string, what: string) => Promise<void>,
): Promise<string> {
  const set = setName(new Date(), importPurpose);
  const pieces = takePieces({ ...access.data, keep: access.data.keep + 1 }, set);
  const what = `making ${set} of what was brought`;
  return withData(runner, place, "import", access, async (session) => {
    await all(session, what, pieces.begin);
    await fill(session, set, what);
    await all(session, what, pieces.finish);
    return set;
  });
}

/** Of a dump it is asked where a dump can be asked: in a database beside the live one, which rehearsals use too. */
async function revisionIn(
  session: Session,
  access: DataAccess,
  schema: SchemaSpec,
  set: string,
): Promise<string | undefined> {
  const { data } = access;
  const copy = databaseCopy(data, `${set}.part`);
  if (data.database.kind === "sqlite") {
    const alone = { ...access, data: { ...data, database: { kind: "sqlite", file: copy } as const } };
    return revisionOf(session, alone, schema, "live");
  }
  await session.must("restoring the dump beside the live database", { argv: rehearsalDatabase(copy, rehearsalName) });
  const revision = await revisionOf(session, access, schema, "rehearsal");
  await session.must("removing it", { argv: dropDatabase(rehearsalName) });
  return revision;
}
