import { type Moment, parseSeries, type Series } from "../archive/choice.ts";
import { archiveMount } from "../archive/spec.ts";
import type { Mount, Place } from "../container/spec.ts";
import type { Runner } from "../steps/runner.ts";
import { type SessionRequest, withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { logScript, seriesPath } from "./spec.ts";

/** Who reads the log: Litestream's image, as the product's user. */
export interface LogReader {
  readonly image: string;
  readonly user: string;
}

/** Every log of a stack's SQLite, oldest first. */
export async function listLogs(runner: Runner, place: Place, reader: LogReader): Promise<readonly Series[]> {
  const argv = script(`cd ${seriesPath} 2> /dev/null || exit 0`, "ls -1d *-g* 2> /dev/null || :");
  const said = await withSession(runner, place, "archive", request(reader, [archiveMount(place)]), (session) =>
    session.must("listing the log", { argv }),
  );
  return parseSeries(said);
}

/** The log that was written at a moment; undefined when it is from before the first one. */
export function chooseLog(all: readonly Series[], at: Date): Moment | undefined {
  const series = all.findLast(({ begun }) => begun <= at);
  return series === undefined ? undefined : { at, series: series.name, base: series.begun };
}

/** Waits until all that was written is in the log. @param container what receives it @throws Error in words when it takes too long */
export async function awaitLog(runner: Runner, container: string): Promise<void> {
  const { exitCode, output } = await runner.exec(container, { argv: ["bash", logScript, "await"] });
  if (exitCode !== 0) throw new Error(output.trim());
}

export interface RecoverFile extends LogReader {
  /** The product's volumes, which are there. */
  readonly mounts: readonly Mount[];
  readonly moment: Moment;
  /** A file that is not there yet. */
  readonly to: string;
}

/** Writes the database as it was at a moment. Of a time after the last write of its log all of that is wanted, which Litestream takes for an error. */
export async function recoverFile(runner: Runner, place: Place, wanted: RecoverFile): Promise<void> {
  const { moment, to, mounts } = wanted;
  const replica = `${seriesPath}/${moment.series}/replica`;
  const argv = script(
    `rm -f ${quote(to)}`,
    `last=$(find ${quote(replica)} -name '*.ltx' -printf '%T@\\n' | sort -n | tail -n 1)`,
    `[ -n "$last" ] || { echo 'there is nothing in this log' >&2; exit 1; }`,
    `whole=\${last%.*} part=\${last#*.}000; part=$(printf %.3s "$part")`,
    `if [ "$whole$part" -le ${moment.at.getTime()} ]; then until=; else until="-timestamp ${moment.at.toISOString()}"; fi`,
    `litestream restore $until -o ${quote(to)} ${quote(`file://${replica}`)}`,
  );
  await withSession(runner, place, "restore", request(wanted, [archiveMount(place), ...mounts]), (session) =>
    session.must(`restoring the database of ${moment.at.toISOString()}`, { argv }),
  );
}

function request({ image, user }: LogReader, mounts: readonly Mount[]): SessionRequest {
  return { image, user, env: {}, mounts, network: [], memoryMb: 256 };
}
