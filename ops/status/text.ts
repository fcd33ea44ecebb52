import { tableLines } from "../table.ts";
import type { Part, Report } from "./report.ts";
import { bytes, inUnit, known, milliseconds, moment, number, percent, span } from "./words.ts";

/** A look for a terminal. Pure. */
export function renderText(report: Report): string {
  return [
    headline(report),
    ...report.problems.map(({ part, what }) => `  ${part}: ${what}`),
    ...report.unanswered.map(({ part, why }) => `  ${part} could not be asked: ${why.split("\n")[0]}`),
    "",
    ...aligned([
      ...releaseRows(report),
      ...databaseRows(report),
      ...backupRows(report),
      ...report.certificates.map(({ name, daysLeft, issuer, source, ends }) => [
        "certificate",
        `${name}${source === "stack" ? " (the stack's own)" : `, by ${issuer}`}: ${number(daysLeft)} days left, until ${moment(ends)}`,
      ]),
      ...hostRows(report),
      ...goldenRows(report),
    ]),
    "",
    ...partTable(report.parts),
    ...paragraph("triggers", report.triggers.map(triggerLine)),
    ...paragraph(
      "alerts firing",
      report.alerts.map(
        ({ name, severity, summary, runbook, since }) =>
          `${name} (${severity}), since ${moment(since)}${summary && `: ${summary}`}${runbook === undefined ? "" : ` (${runbook})`}`,
      ),
    ),
    ...report.parts.flatMap((part) => paragraph(`${labelOf(part)} says`, saysLines(part))),
    ...errorParagraph(report.parts),
  ].join("\n");
}

function headline({ system, stack, url, healthy, problems, unanswered }: Report): string {
  const count = problems.length + unanswered.length;
  const verdict = healthy ? "healthy" : `not healthy, ${count} ${count === 1 ? "reason" : "reasons"}`;
  return `${system} (stack ${stack}): ${verdict}${url === "" ? "" : `  ${url}`}`;
}

type Row = readonly [string, string] | readonly string[];

function releaseRows({ release, rollout, at }: Report): readonly Row[] {
  const { open, baking, lease } = rollout;
  return [
    ...(release === null
      ? [["release", "none"]]
      : [
          [
            "release",
            `${release.id}, version ${release.version ?? "not known"}, ${release.proved ? "proved" : "not proved"}, since ${moment(release.since)} (${span(seconds(release.since, at))})`,
          ],
          [
            "image",
            `${release.imageName ?? release.image.slice(0, 19)}${release.commit === null ? "" : `, commit ${release.commit.slice(0, 12)}`}`,
          ],
          ...(release.previous === null ? [] : [["kept", `release ${release.previous}, to go back to`]]),
        ]),
    ...(open === null
      ? []
      : [["open", `release ${open.release}, phase ${open.phase}${open.held ? ", requests wait" : ""}`]]),
    ...(baking === null ? [] : [["watched", `release ${baking.release}, until ${moment(baking.until)}`]]),
    ...(lease === null ? [] : [["changed by", `${lease.purpose}, process ${lease.process} on ${lease.machine}`]]),
  ];
}

function databaseRows({ database }: Report): readonly Row[] {
  if (database === null) return [];
  const state = database.connected
    ? `connected, schema ${database.revision || "without a revision"}, answered in ${milliseconds(database.milliseconds)}${connectionWords(database)}`
    : "not connected";
  return [["database", `${database.kind}, ${state}`]];
}

function connectionWords({ connections }: NonNullable<Report["database"]>): string {
  return connections === null ? "" : `, ${connections.used} of ${connections.allowed} connections`;
}

function backupRows({ backup }: Report): readonly Row[] {
  if (backup === null) return [];
  const { last, sets } = backup;
  if (last === null) return [["backup", "no set"]];
  return [
    [
      "backup",
      `${last.name}, ${span(last.ageSeconds)} old, ${bytes(last.kilobytes * 1024)}; ${sets} ${sets === 1 ? "set" : "sets"}`,
    ],
  ];
}

function hostRows({ host }: Report): readonly Row[] {
  if (host === null) return [];
  const memory = `memory ${bytes(host.memoryAvailableBytes)} of ${bytes(host.memoryBytes)} free`;
  const disk = `disk ${bytes(host.diskFreeBytes)} of ${bytes(host.diskBytes)} free`;
  return [["host", `load ${number(host.load)} on ${host.cores} cores, ${memory}, ${disk}, Docker ${host.docker}`]];
}

function goldenRows({ golden }: Report): readonly Row[] {
  if (golden === null) return [];
  const { requests, requestsPerSecond, errorRatio, p50Ms, p99Ms, saturation } = golden;
  const since = golden.latencyFrom > golden.from && p50Ms !== null ? ` (since ${moment(golden.latencyFrom)})` : "";
  return [
    [
      "last hour",
      `${requests} requests, ${number(requestsPerSecond)}/s, errors ${known(errorRatio, percent)}, p50 ${known(p50Ms, milliseconds)}, p99 ${known(p99Ms, milliseconds)}${since}, saturation ${known(saturation, percent)}`,
    ],
  ];
}

function partTable(parts: readonly Part[]): readonly string[] {
  const rows = parts.map((part) => [
    labelOf(part),
    part.state === "running" ? (part.health === "none" ? "running" : part.health) : part.state,
    known(part.ageSeconds, span),
    String(part.restarts),
    part.memoryBytes === null || part.memoryLimitBytes === null
      ? "-"
      : `${bytes(part.memoryBytes)} of ${bytes(part.memoryLimitBytes)}`,
    known(part.cpuPercent, (value) => `${number(value)} %`),
    part.image,
  ]);
  return aligned([["part", "health", "age", "restarts", "memory", "cpu", "image"], ...rows]);
}

/** A replica is called by its container: there may be several. */
export function labelOf({ part, workload, container }: Pick<Part, "part" | "workload" | "container">): string {
  return workload && container !== "" ? container.slice(container.indexOf("_") + 1) : part;
}

function triggerLine({ name, value, allowed, unit, tripped }: Report["triggers"][number]): string {
  const limit = allowed === null ? "" : `, allowed ${inUnit(allowed, unit)}`;
  const now = value === null ? "no value (too few requests)" : `${inUnit(value, unit)}${limit}`;
  return `${name}: ${now}${tripped === null ? "" : ", TRIPPED"}`;
}

function saysLines({ says }: Part): readonly string[] {
  return Object.entries(says).map(([name, value]) => `${name}: ${value}`);
}

function errorParagraph(parts: readonly Part[]): readonly string[] {
  const lines = parts.flatMap(errorLines);
  return paragraph("errors in the logs of the last 5 minutes", lines.length === 0 ? ["none"] : lines);
}

function errorLines(part: Part): readonly string[] {
  if (part.errors === 0) return [];
  return [`${labelOf(part)}: ${part.errors}`, ...part.lastErrors.map((line) => `  ${line}`)];
}

function paragraph(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function aligned(rows: readonly Row[]): readonly string[] {
  return tableLines(rows).map((line) => `  ${line}`.trimEnd());
}

function seconds(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
