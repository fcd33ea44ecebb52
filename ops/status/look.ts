import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { type Journal, type Release, watchJournal } from "../../components/steps/journal.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { Recorded } from "../recorded/recorded.ts";
import { ownCertificate } from "./certificates.ts";
import { askDatabase } from "./database.ts";
import { askInside, nothingInside } from "./inside.ts";
import { type Means, Unanswered } from "./means.ts";
import { expectedParts, lookAt } from "./parts.ts";
import type { Facts } from "./report.ts";
import { rolloutNow } from "./rollout.ts";
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
