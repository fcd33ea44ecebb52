import type { Alert } from "./spec.ts";

const archive = { source: "archive", team: "dba" } as const;
const metric = (name: string) => `slipway_archive_${name}{job="host"}`;

/** Of the log that is received as it is written, see components/archive/archive.sh. */
export const archiveAlerts: readonly Alert[] = [
  {
    ...archive,
    name: "ArchiveStopped",
    expr: `time() - max(${metric("contact_timestamp_seconds")}) > $age(5m) or absent(${metric("contact_timestamp_seconds")})`,
    forSeconds: 300,
    severity: "page",
    summary: "the database's log is not received",
    description:
      "What is written now could be lost with its volume, and PostgreSQL keeps its log for the archive until slotMb is reached.",
    guide: "no guide archives; guide 002, Step 2: Create backup is nightly",
  },
  {
    ...archive,
    name: "ArchiveBehind",
    expr: `${metric("lag_bytes")} / ${metric("lag_limit_bytes")} > 0.5`,
    forSeconds: 60,
    severity: "page",
    summary: "the archive lacks {{ $value | humanizePercentage }} of the log that the server may keep",
    description: "At 100 % the server lets go of the log: a gap of which no moment can be restored.",
    guide: "no guide archives; pitfalls of the field: a slot that nobody reads fills the disk",
  },
  {
    ...archive,
    name: "ArchiveGap",
    expr: `increase(${metric("gaps_total")}[1h]) > 0`,
    forSeconds: 0,
    severity: "ticket",
    summary: "the archive has a gap",
    description:
      "The server let go of its log before it was received, or the stack was down. The moments of that time cannot be restored; those after the new base backup can.",
    guide: "no guide archives",
  },
  {
    ...archive,
    name: "ArchiveFails",
    expr: `increase(${metric("failures_total")}[1h]) >= 3`,
    forSeconds: 0,
    severity: "ticket",
    summary: "the archive failed {{ $value | humanize }} times within the hour",
    description: "Its connection broke, or a base backup failed; it begins again each time.",
    guide: "no guide archives",
  },
  {
    ...archive,
    name: "ArchiveBaseTooOld",
    expr: `time() - ${metric("base_timestamp_seconds")} > 2 * ${metric("base_interval_seconds")}`,
    forSeconds: 0,
    severity: "ticket",
    summary: "the last base backup was {{ $value | humanizeDuration }} ago",
    description: "A restore has to replay all of the log since then.",
    guide: "guide 001, Backup & Recovery: daily at 02:00",
  },
];
