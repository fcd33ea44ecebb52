import { type Moment, parseSeries, type Series } from "../archive/choice.ts";
import { filledArchive } from "../archive/spec.ts";
import type { Place } from "../container/spec.ts";
import { redacted } from "../steps/failure.ts";
import type { Command, Runner } from "../steps/runner.ts";
import { type Session, type SessionRequest, withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { stampOf } from "../steps/stamp.ts";
import { type AwayLog, type AwaySecrets, logFolder, rcloneConfig, rcloneEnv } from "./spec.ts";

/** A stack's log in the bucket, with what opens it. */
export interface Away {
  readonly away: AwayLog;
  readonly secrets: AwaySecrets;
}

/** @param of whose log is meant; it may be fetched into another stack's archive */
export function awayRequest({ away, secrets }: Away, of: Pick<Place, "stack">, into: Place): SessionRequest {
  return {
    image: away.image,
    user: "0:0",
    env: {
      ...rcloneEnv,
      SLIPWAY_RCLONE: rcloneConfig(away, secrets.key, of.stack),
      SLIPWAY_RCLONE_PASSWORD: secrets.password,
    },
    mounts: [filledArchive(into)],
    // As for restic's sets: the one network here that leads out and to no container of ours.
    network: [{ name: "bridge", aliases: [] }],
    memoryMb: 512,
    capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
  };
}

/** Config as a file, the password as rclone writes it: no list of processes shows either. */
export const opened: Command = {
  argv: script(
    "umask 077",
    `printf %s "$SLIPWAY_RCLONE" > ${rcloneEnv.RCLONE_CONFIG}`,
    `printf 'password = %s\\n' "$(printf '%s\\n' "$SLIPWAY_RCLONE_PASSWORD" | rclone obscure -)" >> ${rcloneEnv.RCLONE_CONFIG}`,
  ),
};

/** Each path and when it came there, by the bucket's clock. rclone's code 3: nothing is there yet. */
export const listAway: Command = {
  argv: script(
    "code=0",
    `rclone lsf -R --files-only --use-server-modtime --format pt --separator ${quote("\t")} sealed: || code=$?`,
    '[ "$code" = 3 ] || exit "$code"',
  ),
};

/** A log in the bucket. */
export interface AwaySeries extends Series {
  /** When its newest part came there: what was written before is in it, but for the seconds that takes. */
  readonly newest: Date;
}

/** Reads what `listAway` prints; a base backup counts when both of its files are there, and a log that was set aside not at all. */
export function parseAway(output: string): readonly AwaySeries[] {
  const lines = output.split("\n").filter((line) => line !== "");
  const files = new Map(lines.map((line) => [pathOf(line), new Date(`${line.split("\t")[1]?.replace(" ", "T")}Z`)]));
  const found = [...files.keys()].flatMap((path) => {
    const [name = "", kind, base, leaf] = path.split("/");
    if (files.has(`${name}/left`)) return [];
    const whole = kind === "base" && leaf === "start" && files.has(`${name}/base/${base}/base.tar.gz`);
    return whole ? [name, `${name}/base/${base}`] : [name];
  });
  return parseSeries([...new Set(found)].join("\n")).map((series) => {
    const times = [...files].flatMap(([path, came]) => (path.startsWith(`${series.name}/`) ? [came.getTime()] : []));
    return { ...series, newest: new Date(Math.max(...times)) };
  });
}

function pathOf(line: string): string {
  return line.split("\t")[0] ?? "";
}

/**
 * Brings into the archive what a moment needs: of PostgreSQL its base backup and the log from there on, of SQLite the whole log. Under its name
 * last, since what receives the log tidies the archive meanwhile; what is there already stays, for it may be longer.
 */
export function fetchMoment(away: Pick<AwayLog, "kind" | "user">, moment: Moment): Command {
  // As `parseSeries` read it: nothing that a shell would take for more than a name.
  const { series } = moment;
  const root = logFolder(away);
  const { copied, merged } = ways[away.kind](moment);
  return {
    argv: script(
      "umask 077",
      `mkdir -p ${root}`,
      `chown ${away.user} ${root}`,
      `cd ${root}`,
      "rm -rf .fetched",
      "mkdir .fetched",
      ...copied,
      `chown -R ${away.user} .fetched`,
      `if [ ! -e ${series} ]; then mv .fetched/${series} ${series}; else`,
      ...merged.map((line) => `  ${line}`),
      `  chown -R ${away.user} ${series}`,
      "fi",
      "rm -rf .fetched",
    ),
  };
}

interface Way {
  /** Into `.fetched`, which is empty. */
  readonly copied: readonly string[];
  /** From there into a series that is there. */
  readonly merged: readonly string[];
}

const ways: Readonly<Record<AwayLog["kind"], (moment: Moment) => Way>> = {
  postgres({ series, base }) {
    const stamp = stampOf(base);
    return {
      copied: [
        `start=$(rclone cat sealed:${series}/base/${stamp}/start)`,
        `rclone lsf -R --files-only sealed:${series} > /tmp/there`,
        `awk -F/ -v base=${stamp} -v start="$start" '${fromThere}' /tmp/there > /tmp/wanted`,
        `rclone copy --files-from-raw /tmp/wanted sealed:${series} .fetched/${series}`,
        // The end of the log, where its last file was not full.
        `for each in .fetched/${series}/wal/*.partial.gz; do if [ -f "$each" ]; then gunzip "$each"; fi; done`,
      ],
      merged: [
        `rclone copy --ignore-existing .fetched/${series}/wal ${series}/wal`,
        `mkdir -p ${series}/base`,
        `if [ ! -e ${series}/base/${stamp} ]; then mv .fetched/${series}/base/${stamp} ${series}/base/; fi`,
      ],
    };
  },
  sqlite: ({ series }) => ({
    copied: [`rclone copy --exclude /left sealed:${series} .fetched/${series}`],
    merged: [`rclone copy --ignore-existing .fetched/${series} ${series}`],
  }),
};

/** Names of the log's files sort by where they are in it, after the timeline; `""` has awk compare them as texts, since they look like numbers. */
const fromThere = [
  '$1 == "base" && $2 == base',
  '$1 == "wal" && ($2 ~ /history/ || substr($2, 9, 16) "" >= substr(start, 9, 16) "")',
].join("; ");

/** Every log of a stack in the bucket, oldest first. */
export async function listAwaySeries(runner: Runner, place: Place, away: Away): Promise<readonly AwaySeries[]> {
  const what = `listing the log in ${away.away.url}`;
  return inBucket(runner, place, place, away, async (session) => parseAway(await session.must(what, listAway)));
}

/** Has a moment's log in the archive of `into`. @throws StepFailure in rclone's words, secrets redacted */
export async function fetchLog(runner: Runner, of: Place, into: Place, away: Away, moment: Moment): Promise<void> {
  const what = `fetching the log of ${moment.at.toISOString()} from ${away.away.url}`;
  await inBucket(runner, of, into, away, (session) => session.must(what, fetchMoment(away.away, moment)));
}

function inBucket<T>(
  runner: Runner,
  of: Place,
  into: Place,
  away: Away,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const known = Object.values(away.secrets).filter((secret) => secret !== "");
  return redacted(known, () =>
    withSession(runner, into, "offsite-log", awayRequest(away, of, into), async (session) => {
      await session.must("preparing rclone", opened);
      return work(session);
    }),
  );
}
