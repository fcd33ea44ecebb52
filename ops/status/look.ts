import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { observeDeviation } from "../../components/rollout/deviation.ts";
import { type Journal, type Release, watchJournal } from "../../components/steps/journal.ts";
import { findLease, holderOf } from "../../components/steps/lease.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { Recorded } from "../recorded/recorded.ts";
import { ownCertificate } from "./certificates.ts";
import { askDatabase } from "./database.ts";
import { askInside, nothingInside } from "./inside.ts";
import { type Means, Unanswered } from "./means.ts";
import { expectedParts, lookAt } from "./parts.ts";
import type { Facts } from "./report.ts";
import { lookAtSwitch } from "./switch-log.ts";

/**
 * Looks at a stack and changes nothing. One question that gets no answer does not end the look: it is told in `unanswered`.
 * @throws Error when the engine itself does not answer
 */
export async function look(means: Means, now: Date): Promise<Facts> {
  const { engine, runner, place, recorded, redacted } = means;
  const containers = await engine.listContainers({ all: true, filters: { label: [`${label.stack}=${place.stack}`] } });
  const asker = new Unanswered(redacted);
  const journal = await asker.ask("release", () => journalOf(runner, containers));
  // From its switch on a release that is under way is the one that users meet, also after a crash.
  const serving = journal?.open?.ready ?? journal?.serving;
  const gate = containers.find(({ Labels }) => Labels[label.part] === "switch" && Labels[label.role] === "part");
  const [rollout, parts, inside, log, database] = await Promise.all([
    rolloutNow(means, journal, asker),
    Promise.all(
      expectedParts(recorded.parts, serving, containers).map((each) => lookAt(engine, runner, each, redacted)),
    ),
    recorded.rollout === undefined
      ? nothingInside
      : askInside(means, recorded.rollout, { serving, running: running(containers) }, asker, now),
    gate === undefined ? undefined : asker.ask("switch", () => lookAtSwitch(engine, gate, now)),
    recorded.rollout === undefined ? null : askDatabase(runner, recorded.rollout, containers, serving),
  ]);
  const { said, metered, edge, ...rest } = inside;
  return {
    stack: place.stack,
    system: place.system,
    url: recorded.url,
    at: now.toISOString(),
    unanswered: asker.unanswered,
    release: releaseOf(journal, recorded),
    rollout,
    database,
    parts: parts.map((part) => ({ ...part, ...said.get(part.container) })),
    certificates: [...edge, ...recorded.certificates.map((each) => ownCertificate(each, now.getTime()))],
    golden: log?.golden(metered) ?? null,
    ...rest,
  };
}

/** Engine ids, and names of parts. */
function running(containers: readonly Docker.ContainerInfo[]): ReadonlySet<string> {
  const found = containers.filter(({ State }) => State === "running");
  return new Set(found.flatMap(({ Id, Labels }) => [Id, Labels[label.part] ?? ""]));
}

async function journalOf(runner: Runner, containers: readonly Docker.ContainerInfo[]): Promise<Journal | undefined> {
  const reader = containers.find(({ Labels }) => Labels[label.part] === "switch");
  return reader === undefined ? undefined : watchJournal(runner, reader.Id);
}

/** How often a look is repeated during which a release began or ended. */
const mostLooks = 3;

/** Who holds the lease and what the host says meanwhile: two questions, so both are asked anew when the answer to the first changed. */
async function settled(runner: Runner, place: Means["place"]) {
  for (let looks = 1; ; looks += 1) {
    const before = await findLease(runner, place);
    const seen = await observeDeviation(runner, place);
    const lease = await findLease(runner, place);
    if (before?.id === lease?.id || looks === mostLooks) return { ...seen, lease };
  }
}

/** A release that is under way is no deviation while its process lives. */
async function rolloutNow(
  { runner, place }: Means,
  journal: Journal | undefined,
  asker: Unanswered,
): Promise<Facts["rollout"]> {
  const { deviation, underWay, lease } = (await asker.ask("release", () => settled(runner, place))) ?? {};
  const holder = lease && holderOf(lease);
  const works = holder !== undefined && !holder.ended;
  const { open, bake } = journal ?? {};
  return {
    deviation: (works && underWay === true) || deviation === "" ? null : (deviation ?? null),
    open: open === undefined ? null : { release: open.release, phase: open.phase, held: open.held },
    baking: bake === undefined ? null : { release: bake.release, until: bake.until },
    lease: works ? { purpose: holder.purpose, process: holder.pid, machine: holder.host.split("/")[0] ?? "" } : null,
  };
}

/** Version, name and commit are the last `up`'s: of another release that serves they say nothing. */
function releaseOf(journal: Journal | undefined, { rollout, image }: Recorded): Facts["release"] {
  const serving: Release | undefined = journal?.serving;
  if (serving === undefined) return null;
  const own = rollout?.release === serving.id;
  return {
    id: serving.id,
    version: own ? (rollout?.version ?? null) : null,
    image: serving.image,
    imageName: own ? (image.name ?? null) : null,
    commit: own ? (image.commit ?? null) : null,
    since: serving.since,
    proved: journal?.proved === serving.id,
    schemaRevision: serving.revision,
    previous: journal?.previous?.id ?? null,
  };
}
