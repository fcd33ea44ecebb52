import { NotYet, until } from "../../toolchain/poll.ts";
import type { Place } from "../container/spec.ts";
import { clientEnv, type DatabaseSecrets, networkTo, type PostgresDatabase, sqlCommand } from "../database/spec.ts";
import { countTables } from "../postgres/counts.ts";
import { StepFailure } from "../steps/failure.ts";
import type { SessionRunner } from "../steps/runner.ts";
import type { Servers } from "../steps/servers.ts";
import { withSession } from "../steps/session.ts";
import { parseCounts } from "./manifest.ts";
import type { ProvedProduct } from "./rds-product.ts";

/** A drill of a database that RDS runs: its newest snapshot as a throw-away server, which is asked, and removed. */

export interface Restored {
  readonly snapshot: string;
  /** Since it was taken. */
  readonly ageSeconds: number;
  /** What a restore to the newest moment would have lost; undefined where RDS does not tell. */
  readonly rpoSeconds: number | undefined;
  /** From nothing to the answer. */
  readonly rtoSeconds: number;
  readonly revision: string;
  /** By table. */
  readonly rows: Readonly<Record<string, number>>;
  /** What of the product passed on it; undefined where it was not started. */
  readonly product: ProvedProduct | undefined;
}

export interface RdsDrill {
  readonly servers: Servers;
  /** Identifier of the server that serves. */
  readonly server: string;
  readonly stack: string;
  /** Asks the restored server, by its name in the network. */
  readonly ask: (address: string) => Promise<Pick<Restored, "revision" | "rows">>;
  /** Starts the product on it. @default it is not started */
  readonly prove?: ((address: string) => Promise<ProvedProduct>) | undefined;
  readonly say: (line: string) => void;
}

export interface RestoredAccess {
  readonly user: string;
  readonly database: PostgresDatabase;
  /** As they were when the snapshot was taken. */
  readonly secrets: DatabaseSecrets;
}

const waitSeconds = 7200;
const pauseMsOfRds = 15_000;

/** Its name is always the same, so that one that a kill has left is seen. */
export function drillServer(stack: string): string {
  return `slipway-${stack}-drill`;
}

/** @throws StepFailure in words for the user; the server is removed all the same */
export async function drillRds(
  { servers, server, stack, ask, prove, say }: RdsDrill,
  pauseMs = pauseMsOfRds,
): Promise<Restored> {
  const own = drillServer(stack);
  if ((await servers.state(own)) !== undefined)
    throw new StepFailure(
      `the server ${own} is there: another drill runs, or one was killed\n  mend: aws rds delete-db-instance --skip-final-snapshot --db-instance-identifier ${own}`,
    );
  const original = await servers.original(server);
  if (original === undefined) throw new StepFailure(`the server ${server} is gone; docs/aws.md, "Back to a moment"`);
  const newest = [...(await servers.snapshots(server))].sort((a, b) => a.taken.getTime() - b.taken.getTime()).at(-1);
  if (newest === undefined) throw new StepFailure(`${server} has no snapshot that can be restored`);
  const began = Date.now();
  const since = (moment: Date) => Math.max(0, Math.round((began - moment.getTime()) / 1000));
  say(`restoring ${newest.id} into the throw-away server ${own}; RDS takes up to half an hour`);
  try {
    await servers.restore(own, newest.id, original, { "slipway:drill": stack });
    const address = await ready(servers, own, pauseMs);
    say(`asking ${own}`);
    const answer = await ask(address);
    if (answer.revision === "") throw new StepFailure(`${newest.id} has no schema revision`);
    if (prove !== undefined) say(`starting the product on ${own}`);
    const product = await prove?.(address);
    return {
      ...answer,
      product,
      snapshot: newest.id,
      ageSeconds: since(newest.taken),
      rpoSeconds: original.restorableUntil && since(original.restorableUntil),
      rtoSeconds: Math.round((Date.now() - began) / 1000),
    };
  } finally {
    say(`removing ${own}`);
    await gone(servers, own, pauseMs);
  }
}

/** Answers its name in the network. */
async function ready(servers: Servers, server: string, pauseMs: number): Promise<string> {
  const look = async () => {
    const is = await servers.state(server);
    if (is?.status === "available" && is.address !== undefined) return is.address;
    if (is !== undefined && /fail|incompatible|error/.test(is.status))
      throw new StepFailure(`the restored server ${server} is ${is.status}`);
    return new NotYet(is?.status ?? "gone");
  };
  const late = (status: string) => {
    throw new StepFailure(`the restored server ${server} is ${status} after ${waitSeconds} s`);
  };
  return until(look, { seconds: waitSeconds, everyMs: pauseMs, late });
}

/** One that still comes up takes no order to go: it is told again until it does, since whoever leaves it pays for it. */
async function gone(servers: Servers, server: string, pauseMs: number): Promise<void> {
  const order = async () => {
    const is = await servers.state(server);
    if (is === undefined || is.status === "deleting") return undefined;
    try {
      return await servers.remove(server);
    } catch (error) {
      if (!(error instanceof Error && /InvalidDBInstanceState/.test(error.name))) throw error;
      return new NotYet(error);
    }
  };
  const late = (refusal: Error) => {
    throw refusal;
  };
  await until(order, { seconds: waitSeconds, everyMs: pauseMs, late });
}

/** Rows and revision of a restored server, by the database's own client. */
export function askRestored(
  runner: SessionRunner,
  place: Place,
  { user, database, secrets }: RestoredAccess,
  revisionSql: string,
): Promise<Pick<Restored, "revision" | "rows">> {
  const request = {
    image: database.image,
    user,
    env: clientEnv(database, secrets),
    mounts: [database.trust],
    network: networkTo(database),
    memoryMb: 512,
  };
  return withSession(runner, place, "drill", request, async (session) => {
    const asked = sqlCommand(database, "live", [revisionSql]);
    const revision = (await session.must("asking the restored schema for its revision", { argv: asked })).trim();
    const counted = await session.must("counting the restored rows", { argv: countTables() });
    return { revision, rows: parseCounts(counted) };
  });
}
