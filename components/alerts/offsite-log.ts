import type { Alert } from "./spec.ts";

const away = { source: "offsite-log", team: "dba", guide: "no guide has copies of the log off the host" } as const;
const metric = (name: string) => `slipway_archive_offsite_${name}{job="host"}`;

/** Of the log's copy off the host, see components/offsite-log/offsite-log.sh. */
export const offsiteLogAlerts: readonly Alert[] = [
  {
    ...away,
    name: "ArchiveOffsiteBehind",
    expr: `time() - max(${metric("contact_timestamp_seconds")}) > $age(5m) or absent(${metric("contact_timestamp_seconds")})`,
    forSeconds: 300,
    severity: "page",
    summary: "the database's log does not get off the host",
    description:
      "What is written now would be lost with the host. No write fails for it: the archive keeps what waits, as long as its window.",
  },
  {
    ...away,
    name: "ArchiveOffsiteWaits",
    expr: `min_over_time(${metric("waiting_bytes")}[6h]) > 0`,
    forSeconds: 0,
    severity: "ticket",
    summary: "{{ $value | humanize1024 }}B have waited for hours to get off the host",
    description: "Most likely a base backup that does not get through, or a line too slow for the log.",
    silencedBy: ["ArchiveOffsiteBehind"],
  },
];
