import { NotYet, until } from "../../toolchain/poll.ts";
import { label, type Mount, type Place } from "../container/spec.ts";
import { type Recovery, withRestoreServer } from "../postgres/restore-server.ts";
import { literal } from "../postgres/roles.ts";
import { postgresUser } from "../postgres/spec.ts";
import { indent, lastLines, StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { type Session, type SessionRequest, withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { stampOf } from "../steps/stamp.ts";
import { type Moment, parseSeries, type Series } from "./choice.ts";
import { archiveMount, archiveSlot, seriesPath } from "./spec.ts";

/** Every log and base backup of a stack's archive. @param image PostgreSQL's */
export async function listSeries(runner: Runner, place: Place, image: string): Promise<readonly Series[]> {
  const argv = script(`cd ${seriesPath} 2> /dev/null || exit 0`, "ls -1d *-g* *-g*/base/*Z 2> /dev/null || :");
  const request = { ...reader(image, [archiveMount(place)]), user: postgresUser };
  const said = await withSession(runner, place, "archive", request, (session) =>
    session.must("listing the archive", { argv }),
  );
  return parseSeries(said);
}

const patienceSeconds = 30;

/**
 * Has the archive receive all that was acknowledged until now: commits a message of no meaning, because a log is replayed up to the first commit
 * after the moment, and waits for it. @param session of the database's owner
 */
export async function catchUp(session: Session): Promise<void> {
  const psql = (sql: string) => `psql -XqAt -v ON_ERROR_STOP=1 -c ${quote(sql)}`;
  const slot = `SELECT restart_lsn >= :'wanted' FROM pg_replication_slots WHERE slot_name = ${literal(archiveSlot)}`;
  const argv = script(
    `${psql("SELECT pg_logical_emit_message(true, 'slipway', 'restore')")} > /dev/null`,
    `wanted=$(${psql("SELECT pg_current_wal_flush_lsn()")})`,
    `for try in $(seq ${patienceSeconds}); do`,
    `  [ "$(printf %s ${quote(slot)} | psql -XqAt -v ON_ERROR_STOP=1 -v wanted="$wanted" -f -)" != t ] || exit 0`,
    "  sleep 1",
    "done",
    `echo "the archive has not received $wanted after ${patienceSeconds} s" >&2; exit 1`,
  );
  await session.must("waiting for the archive", { argv });
}

export interface RecoverTo {
  readonly image: string;
  /** For the data, which are there and empty. */
  readonly volume: string;
  readonly database: string;
  readonly moment: Moment;
}

/**
 * The database as it was at a moment, on a server of its own: every file of the base backup against its manifest, then the log up to the last
 * commit of that moment. What runs is not touched.
 * @throws StepFailure that says where the log ends, when it does not reach the moment
 */
export async function withRecovered<T>(
  runner: Runner,
  place: Place,
  to: RecoverTo,
  work: (server: string) => Promise<T>,
): Promise<T> {
  const replay = async (target: Date | undefined) => {
    await layBase(runner, place, to);
    const recovery = recoveryOf(runner, place, to.moment, target);
    return withRestoreServer(runner, place, { ...to, recovery }, work);
  };
  try {
    return await replay(to.moment.all === true ? undefined : to.moment.at);
  } catch (error) {
    // The moment is that of the last commit, as the message before said it: all of the log is wanted.
    if (error instanceof LogEnds && error.last?.getTime() === to.moment.at.getTime()) return replay(undefined);
    throw error;
  }
}

/** The log does not reach the wanted moment. */
class LogEnds extends StepFailure {
  readonly last: Date | undefined;

  constructor(at: Date, last: Date | undefined) {
    const until =
      last === undefined
        ? "it has no commit after its base backup"
        : `its last commit is of ${last.toISOString()}: --at ${last.toISOString()} restores that`;
    super(
      `the archive does not reach ${at.toISOString()}: ${until}. What was acknowledged between the two is in no archive`,
    );
    this.last = last;
  }
}

/** What the server's own log says of the end; undefined when it ended for another reason. Microseconds are rounded up: the commit is not after it. */
export function logEnds(log: string, at: Date): StepFailure | undefined {
  if (!log.includes("recovery ended before configured recovery target was reached")) return undefined;
  const found = [...log.matchAll(/last completed transaction was at log time (\S+ [\d:]+)\.?(\d*)\+00/g)].at(-1);
  if (found === undefined) return new LogEnds(at, undefined);
  const [, seconds = "", fraction = ""] = found;
  const milliseconds = Math.ceil(Number(fraction.padEnd(6, "0")) / 1000);
  return new LogEnds(at, new Date(new Date(`${seconds.replace(" ", "T")}Z`).getTime() + milliseconds));
}

/** Onto the volume, as the server's own files. */
async function layBase(runner: Runner, place: Place, { image, volume, moment }: RecoverTo): Promise<void> {
  const base = `${seriesPath}/${moment.series}/base/${stampOf(moment.base)}/base.tar.gz`;
  const argv = script(
    "cd /new",
    "find . -mindepth 1 -delete",
    `tar --numeric-owner -xpzf ${quote(base)}`,
    "pg_verifybackup -q -n /new",
    "touch recovery.signal",
    "chown --reference=. recovery.signal",
    "sync -f .",
  );
  const request = {
    ...reader(image, [archiveMount(place), { volume, path: "/new" }]),
    capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
  };
  await withSession(runner, place, "restore", request, (session) =>
    session.must(`restoring the base backup of ${moment.base.toISOString()}`, { argv }),
  );
}

function recoveryOf(runner: Runner, place: Place, { series, at }: Moment, target: Date | undefined): Recovery {
  const log = `${seriesPath}/${series}/wal`;
  const until = target === undefined ? {} : { recovery_target_time: target.toISOString().replace(/T(.*)Z/, " $1+00") };
  return {
    mounts: [archiveMount(place)],
    settings: {
      // The newest file has its name when it is full.
      restore_command: `cp ${log}/%f %p 2> /dev/null || cp ${log}/%f.partial %p 2> /dev/null`,
      ...until,
      recovery_target_action: "promote",
      // Nobody asks before it is done, and the limits of the server that wrote the log need not be met.
      hot_standby: "off",
      timezone: "UTC",
      log_timezone: "UTC",
    },
    awaited: (server) => replayed(runner, place, server, at),
  };
}

/** However long it takes: a process that ends says why, and one that replays is at work. */
async function replayed(runner: Runner, place: Place, server: string, at: Date): Promise<void> {
  const look = async () => {
    const found = (await runner.list({ [label.stack]: place.stack })).find(({ id }) => id === server);
    if (found?.state !== "running") {
      const log = await runner.logs(server, 60);
      throw logEnds(log, at) ?? new StepFailure(`the log could not be replayed:\n${indent(lastLines(log, 20))}`);
    }
    return (await isReady(runner, server)) || new NotYet("it replays");
  };
  await until(look, { seconds: Number.POSITIVE_INFINITY, everyMs: 500, late: "the log was not replayed" });
}

/** It may end between the look and the question. */
async function isReady(runner: Runner, server: string): Promise<boolean> {
  const argv = ["pg_isready", "-q", "-h", "127.0.0.1"];
  return runner.exec(server, { argv }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}

function reader(image: string, mounts: readonly Mount[]): SessionRequest {
  return { image, user: "0:0", env: {}, mounts, network: [], memoryMb: 256 };
}
