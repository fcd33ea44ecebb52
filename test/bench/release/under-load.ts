import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { say } from "../../../toolchain/phases.ts";
import { assertShortLived, giveCertificate, renewCertificate, type TlsAddress } from "./certificate.ts";
import { watchContainers } from "./container-count.ts";
import { type LoadReport, loadLine } from "./load-config.ts";
import { LoadProcess } from "./load-process.ts";
import type { Kind, Release, Step } from "./releases.ts";
import { loadOf, type PartCommand, type Scenario, stretches } from "./scenario.ts";

/** One way to run and release a system: Slipway's, or compose's. It runs already. */
export interface Side {
  readonly name: "slipway" | "compose";
  readonly port: number;
  /** Whom users trust, as PEM. */
  readonly ca: string;
  /** `name=value`, on each of its containers. */
  readonly label: string;
  isWorkload(labels: Readonly<Record<string, string>>): boolean;
  /** Makes one change real, and answers when the new state serves. */
  configure(step: Extract<Step, { do: "configure" }>, running: LoadProcess): Promise<void>;
  /** Gives it another certificate for raw TCP, by whatever its operator would do. */
  giveCertificate(): Promise<void>;
  /** Standard output of a command in the one running container of a part. */
  ask(command: PartCommand): Promise<string>;
}

export interface ReleaseRun {
  readonly kind: Kind;
  readonly seconds: number;
  /** At most at the same time. */
  readonly containers: number;
  readonly workloads: number;
}

export interface Outcome {
  readonly report: LoadReport;
  readonly releases: readonly ReleaseRun[];
  readonly writes: Writes;
}

export interface Writes {
  readonly acknowledged: number;
  /** Acknowledged, and no row is there. */
  readonly lost: number;
  /** Keys with more than one row: a request that was sent twice. */
  readonly doubled: number;
}

/** The names of a release's two windows. */
export const windowNames = (kind: Kind) => ({ before: `before-${kind}`, during: kind }) as const;

/** All releases of a scenario, one after another, under one load that never pauses. */
export async function underLoad(scenario: Scenario, side: Side, engine: Docker): Promise<Outcome> {
  const address = { port: side.port, host: scenario.domain, ca: side.ca };
  const steps = scenario.releases.flatMap((release) => release.steps);
  if (steps.some((step) => step.do === "renew certificate")) await assertShortLived(address);
  const bearer = scenario.bearer === undefined ? undefined : (await side.ask(scenario.bearer)).trim();
  const keyPrefix = `bench-${randomBytes(4).toString("hex")}-`;
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-load-"));
  const caFile = join(folder, "ca.pem");
  const acknowledgedFile = join(folder, "acknowledged");
  await writeFile(caFile, side.ca);
  const { system, protocol, domain } = scenario;
  const own = { port: side.port, host: domain, caFile, acknowledgedFile, keyPrefix, protocol };
  const config = { ...loadOf(scenario), ...own };
  const watched = await watchContainers(engine, side.label, (labels) => side.isWorkload(labels));
  const running = LoadProcess.start(config, bearer, (line) => sayFailures(`${system}, ${side.name}`, line));
  try {
    const releases: ReleaseRun[] = [];
    await running.seconds(stretches.warmUp);
    for (const release of scenario.releases) {
      running.mark(windowNames(release.kind).before);
      await running.seconds(stretches.before);
      watched.count.reset();
      const seconds = await perform(release, side, running, address);
      const { containers, workloads } = watched.count.peak;
      releases.push({ kind: release.kind, seconds, containers, workloads });
      say(`${system}, ${side.name}: ${release.kind}: ${seconds.toFixed(1)} s`);
    }
    const report = await running.stop();
    const acknowledged = linesOf(await readFile(acknowledgedFile, "utf8"));
    const { part, argv } = scenario.written;
    const rows = await side.ask({ part, argv: argv.map((word) => word.replaceAll("$prefix", keyPrefix)) });
    return { report, releases, writes: compareWrites(acknowledged, linesOf(rows)) };
  } finally {
    running.kill();
    watched.stop();
    await rm(folder, { recursive: true });
  }
}

/** Seconds of the release itself; its window goes on for a while after. */
async function perform(release: Release, side: Side, running: LoadProcess, address: TlsAddress): Promise<number> {
  running.mark(windowNames(release.kind).during, release.version);
  const started = performance.now();
  for (const step of release.steps) {
    if (step.do === "configure") await side.configure(step, running);
    else if (step.do === "renew certificate") await renewCertificate(address);
    else await giveCertificate(address, () => side.giveCertificate());
  }
  const seconds = (performance.now() - started) / 1000;
  await running.seconds(stretches.after);
  return seconds;
}

/** A write may be in the data without an acknowledgement (its answer was lost), never the other way round. Pure. */
export function compareWrites(acknowledged: readonly string[], rows: readonly string[]): Writes {
  const written = new Set(rows);
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((key) => !written.has(key)).length,
    doubled: rows.length - written.size,
  };
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

function sayFailures(who: string, line: string): void {
  const read = loadLine.parse(JSON.parse(line));
  if ("report" in read || read.failed === 0) return;
  say(`${who}: second ${read.second}: ${read.failed} of ${read.requests} failed, ${read.waiting} waiting`);
}
