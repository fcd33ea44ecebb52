/** What a drill found out; kept beside the sets, a line each. */
export interface Drill {
  readonly stack: string;
  readonly set: string;
  /** Whether the set lay on the host, or was fetched from its copy first. */
  readonly from: "host" | "copy";
  /** Of the log off the host, from which the database was: when its newest part came there. Absent where the database was of the set. */
  readonly log?: string;
  readonly when: string;
  readonly ok: boolean;
  readonly why?: string;
  /** From nothing to serving and proved. */
  readonly rtoSeconds: number;
  /** What would have been lost at most, had the host been lost when the drill began: all since the set began, or of the database since the log's newest part. Absent when no set was had. */
  readonly rpoSeconds?: number;
  /** Since the set was complete. */
  readonly ageSeconds?: number;
  readonly rows: number;
  /** Whether the set says how many rows it has: one that a release took does not. */
  readonly rowsCompared: boolean;
  /** Probes of the smoke test that passed. */
  readonly probes: readonly string[];
}

/** What a person reads of a drill; `--json` prints the facts themselves. */
export function renderDrill(drill: Drill): string {
  const { ok, why, set, from, log, rtoSeconds, rpoSeconds = 0, ageSeconds = 0, rows, rowsCompared, probes } = drill;
  if (!ok) return `the drill failed after ${rtoSeconds} s with ${set}:\n${why}`;
  return [
    `${set} was ${from === "copy" ? "fetched from its copy and " : ""}restored, served and was proved`,
    `  RTO   ${rtoSeconds} s until it served`,
    `  RPO   ${rpoSeconds} s of writes would have been lost`,
    `  age   ${ageSeconds} s`,
    `  rows  ${rows}${rowsCompared ? ", as the set says" : log === undefined ? ", which this set does not count" : `, by the log until ${log}`}`,
    `  smoke test: ${probes.join(", ")}`,
  ].join("\n");
}
