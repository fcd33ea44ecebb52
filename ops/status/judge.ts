import type { Facts, Part, Problem, Report } from "./report.ts";
import { bytes, span } from "./words.ts";

/** A process that the engine started again so lately that it may do so again. */
const restlessSeconds = 600;
const gigabyte = 1024 ** 3;
/** Guide 002, "Critical Alerts": memory above 90 %, less than 1 GB of disk. */
const leastMemory = 0.1;
const leastDisk = gigabyte;
/** A smoke test follows the commit of its release; until then it need not be proved. */
const proofSeconds = 120;
/** Severities of alerts that wake nobody. */
const calm = ["digest", "info", "none"];

/** What was seen, with the verdict: healthy when nothing is wrong and everything could be asked. Pure. */
export function judged(facts: Facts): Report {
  const problems = problemsOf(facts);
  return { version: 1, ...facts, problems, healthy: problems.length === 0 && facts.unanswered.length === 0 };
}

/** Every reason why a stack is not healthy, under the part that it is about, the worst first. */
export function problemsOf(facts: Facts): Problem[] {
  return [
    // What a release stops and starts is no fault while it is under way.
    ...facts.parts
      .filter(({ workload }) => !(workload && isUnderWay(facts)))
      .map((part) => (wasHeld(part, facts) ? { ...part, restarts: 0 } : part))
      .flatMap(partProblems),
    ...releaseProblems(facts),
    ...databaseProblems(facts),
    ...facts.certificates.flatMap(({ name, source, daysLeft, due, trusted }) => {
      const part = source === "edge" ? "edge" : name;
      if (daysLeft <= 0) return [{ part, what: `the certificate of ${name} has ended` }];
      if (trusted === false) return [{ part, what: `the certificate of ${name} is not what a client trusts` }];
      return due ? [{ part, what: `the certificate of ${name} ends in ${daysLeft} days and was not renewed` }] : [];
    }),
    ...facts.triggers.flatMap(({ tripped }) => (tripped === null ? [] : [{ part: "trigger", what: tripped }])),
    ...facts.alerts
      .filter(({ severity }) => !calm.includes(severity))
      .map(({ name, severity, summary }) => ({
        part: "alert",
        what: `${name} (${severity})${summary && `: ${summary}`}`,
      })),
    ...hostProblems(facts),
    ...(facts.backup?.sets === 0 && facts.release !== null ? [{ part: "backup", what: "there is no backup set" }] : []),
  ];
}

function isUnderWay({ rollout: { open, lease } }: Facts): boolean {
  return open !== null && lease !== null;
}

/** A set of everything ends the workers and lets the engine start them again, behind their gate: once, within this time of its beginning. */
const heldSeconds = 120;

function wasHeld({ workload, restarts, ageSeconds }: Part, { backup }: Facts): boolean {
  if (!workload || restarts === 0 || ageSeconds === null || !backup?.last) return false;
  const after = backup.last.ageSeconds - ageSeconds;
  return /Z-(backup|emergency)$/.test(backup.last.name) && after >= 0 && after <= heldSeconds;
}

function partProblems({ part, container, state, health, ...rest }: Part): readonly Problem[] {
  const which = rest.workload && container !== "" ? `${container} ` : "";
  const problem = (what: string) => [{ part, what: `${which}${what}` }];
  if (state === "missing") return [{ part, what: `is missing: ${container || "its container"} is gone` }];
  if (state === "stopped") {
    const how = rest.outOfMemory ? ", for want of memory" : "";
    return problem(`is stopped (it ended with ${rest.exitCode ?? "no code"}${how})`);
  }
  const why = rest.ready === false ? saysWhy(rest.says) : "";
  if (health === "unhealthy") return problem(`is unhealthy${why}`);
  if (rest.ready === false) return problem(`is not ready by its own answer${why}`);
  if (rest.restarts > 0 && (rest.ageSeconds ?? 0) < restlessSeconds)
    return problem(`was started again ${rest.restarts} times, last ${span(rest.ageSeconds ?? 0)} ago`);
  return [];
}

/** The services that a product itself calls unhealthy, e.g. `services.redis.healthy: false`; else what is wrong with its answer. */
function saysWhy(says: Part["says"]): string {
  const bad = Object.entries(says).filter(([name, value]) => /(^|\.)healthy$/.test(name) && value === "false");
  if (bad.length === 0) return says["problem"] === undefined ? "" : `: ${says["problem"]}`;
  return `: ${bad.map(([name]) => name.replace(/\.?healthy$/, "")).join(", ")}`;
}

function releaseProblems({ release, rollout, at }: Facts): readonly Problem[] {
  const problem = (what: string) => [{ part: "release", what }];
  const busy = rollout.lease !== null;
  if (release === null) return busy ? [] : problem("none serves");
  if (rollout.deviation !== null) return problem(rollout.deviation);
  const settled = Date.parse(at) - Date.parse(release.since) > proofSeconds * 1000;
  if (!release.proved && settled && !busy && rollout.open === null)
    return problem(`${release.id} serves, but no smoke test proved it`);
  return [];
}

function databaseProblems(facts: Facts): readonly Problem[] {
  const { database, release } = facts;
  if (database === null || release === null || isUnderWay(facts)) return [];
  if (!database.connected) return [{ part: "database", what: `${database.kind} does not answer` }];
  if (database.revision === release.schemaRevision) return [];
  const found = `the schema is at ${database.revision || "no revision"}`;
  return [{ part: "database", what: `${found}, release ${release.id} was proved with ${release.schemaRevision}` }];
}

function hostProblems({ host }: Facts): readonly Problem[] {
  if (host === null) return [];
  return [
    ...(host.memoryAvailableBytes < host.memoryBytes * leastMemory
      ? [{ part: "host", what: `${bytes(host.memoryAvailableBytes)} of ${bytes(host.memoryBytes)} memory are left` }]
      : []),
    ...(host.diskFreeBytes < leastDisk
      ? [{ part: "host", what: `${bytes(host.diskFreeBytes)} of the disk are left` }]
      : []),
  ];
}
