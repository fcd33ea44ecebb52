import { type Journal, journalPath } from "./journal.ts";
import type { FileEntry, Runner } from "./runner.ts";

/**
 * What steps and commands find out, for node exporter's textfile collector: no process of ours is there that could be asked for the last backup.
 * The files lie beside the journal, whose volume node exporter mounts read-only.
 */
export const metricsPath = `${journalPath}/metrics`;

export const backupMetric = "slipway_backup_last_success_timestamp_seconds";

/** The name of one of the last drill's numbers; alerts and dashboards ask by it. */
export function drillMetric(what: "success" | "timestamp_seconds" | "rto_seconds" | "rpo_seconds"): string {
  return `slipway_drill_last_${what}`;
}

/** The name of one of the release's numbers; alerts and dashboards ask by it. */
export function releaseMetric(what: "info" | "since_timestamp_seconds" | "open" | "proved" | "undone"): string {
  return `slipway_release_${what}`;
}

interface Sample {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Prometheus' text format. */
export function exposition(samples: readonly Sample[]): string {
  const lines = samples.map(({ name, labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/["\\\n]/g, "_")}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  return lines.join("");
}

/** Entries to write below the journal's folder. @param name unique among writers */
export function metricsFiles(name: string, samples: readonly Sample[]): readonly FileEntry[] {
  const owner = { uid: 0, gid: 0 };
  return [
    { path: "metrics/", type: "directory", mode: 0o755, ...owner },
    { path: `metrics/${name}.prom`, type: "file", content: exposition(samples), mode: 0o644, ...owner },
  ];
}

/** @param container one that mounts the journal's volume, such as the lease's */
export async function writeMetrics(
  runner: Runner,
  container: string,
  name: string,
  samples: readonly Sample[],
): Promise<void> {
  await runner.put(container, journalPath, metricsFiles(name, samples));
}

/** A set that is complete. @param purpose of the set: `backup` by the command, others by releases */
export function backupSamples(purpose: string, ended: Date): readonly Sample[] {
  return [{ name: backupMetric, labels: { purpose }, value: Math.round(ended.getTime() / 1000) }];
}

/** How the last drill went. @param drill `when` is ISO 8601 */
export function drillSamples(drill: {
  readonly ok: boolean;
  readonly when: string;
  readonly rtoSeconds: number;
  /** Absent when there was no set to tell it. */
  readonly rpoSeconds?: number;
}): readonly Sample[] {
  const { rpoSeconds } = drill;
  return [
    { name: drillMetric("success"), value: Number(drill.ok) },
    { name: drillMetric("timestamp_seconds"), value: Math.round(Date.parse(drill.when) / 1000) },
    { name: drillMetric("rto_seconds"), value: drill.rtoSeconds },
    ...(rpoSeconds === undefined ? [] : [{ name: drillMetric("rpo_seconds"), value: rpoSeconds }]),
  ];
}

/** What serves, and how the last release ended. */
export function releaseSamples({ serving, open, proved, undone }: Journal): readonly Sample[] {
  const state: readonly Sample[] = [
    { name: releaseMetric("open"), value: Number(open !== undefined) },
    { name: releaseMetric("undone"), value: Number(undone !== undefined) },
  ];
  if (serving === undefined) return state;
  const { id, image, revision, since } = serving;
  return [
    ...state,
    { name: releaseMetric("info"), labels: { release: id, image, schema: revision }, value: 1 },
    { name: releaseMetric("since_timestamp_seconds"), value: Math.round(Date.parse(since) / 1000) },
    { name: releaseMetric("proved"), value: Number(proved === id) },
  ];
}
