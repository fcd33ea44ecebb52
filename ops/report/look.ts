import { innerNetwork, label } from "../../components/container/spec.ts";
import { questions, wrongAnswer } from "../../components/migration/spec.ts";
import { type Release, watchJournal } from "../../components/steps/journal.ts";
import { withSession } from "../../components/steps/session.ts";
import { oldestLine, readLog } from "../logs/read.ts";
import type { RolloutRecord } from "../recorded/shapes.ts";
import { clientCommand, databaseContainer } from "../status/database.ts";
import { type Means, Unanswered } from "../status/means.ts";
import { requestIn } from "../status/requests.ts";
import { askSpans, type Spans, spansOf } from "./ask.ts";
import type { Found } from "./found.ts";
import { type Line, lineOf, measures } from "./judge.ts";
import { quantileLines, reachNote } from "./log.ts";

/** A busy switch writes some 200 bytes for a request; what the engine keeps of its log is 30 MB. */
const mostLines = 200_000;

/** What there is to compare of the serving release. @throws Error in words for the user when none serves */
export async function lookBack(means: Means, rollout: RolloutRecord, now: Date, hours: number): Promise<Found> {
  const { engine, runner, place, redacted } = means;
  const containers = await engine.listContainers({ all: true, filters: { label: [`${label.stack}=${place.stack}`] } });
  const gate = containers.find(({ Labels }) => Labels[label.part] === "switch" && Labels[label.role] === "part");
  const { serving, previous } = gate === undefined ? {} : await watchJournal(runner, gate.Id);
  if (gate === undefined || serving === undefined)
    throw new Error(
      `no release serves on stack ${place.stack}; \`npm run status -- --stack ${place.stack}\` says more`,
    );
  const asker = new Unanswered(redacted);
  const spans = spansOf(Date.parse(serving.since), now.getTime(), hours);
  const { prometheus, triggers } = rollout.bake;
  const request = {
    image: rollout.gate.probeImage,
    user: rollout.data.user,
    env: {},
    mounts: [],
    network: [{ name: innerNetwork(place, "front"), aliases: [] }],
    memoryMb: 64,
  };
  const [metered, log, restarts, invalid] = await Promise.all([
    asker.ask("prometheus", async () => {
      if (prometheus === "") throw new Error("it is off (slipway:prometheus.enabled)");
      return withSession(runner, place, "report", request, (session) => askSpans(session, prometheus, spans, triggers));
    }),
    asker.ask("switch", () => readSwitch(means, gate.Id, spans)),
    asker.ask("replicas", () => restartsOf(means, serving, previous)),
    asker.ask("database", () => invalidValues(means, rollout, containers, serving)),
  ]);
  const lines = [...(metered ?? []), ...(log?.lines ?? []), restarts, invalid].filter((line) => line !== undefined);
  return { release: serving, previous, spans, lines, notes: log?.notes ?? [], unanswered: asker.unanswered };
}

async function readSwitch(
  { engine }: Means,
  id: string,
  spans: Spans,
): Promise<{ readonly lines: readonly Line[]; readonly notes: readonly string[] }> {
  const from = spans.before - spans.seconds * 1000;
  const [read, oldest] = await Promise.all([
    readLog(engine, id, { since: from, tail: mostLines }),
    oldestLine(engine, id),
  ]);
  const requests = read.flatMap(({ at, text }) => requestIn(text, Date.parse(at)) ?? []);
  const lines = quantileLines(requests, spans);
  const [first] = read;
  const reaches = read.length === mostLines && first !== undefined ? Date.parse(first.at) : oldest;
  return { lines, notes: lines.length === 0 ? [] : reachNote(reaches, spans) };
}

/** The engine's own count, of the containers of each release; those of the release before are kept. */
async function restartsOf({ runner }: Means, serving: Release, previous: Release | undefined): Promise<Line> {
  const count = async ({ replicas }: Release) => {
    const found = (await Promise.all(replicas.map(({ id }) => runner.inspect(id)))).flatMap((each) => each ?? []);
    return found.length === 0 ? null : found.reduce((sum, { restarts }) => sum + restarts, 0);
  };
  const before = previous === undefined ? null : await count(previous);
  return lineOf(measures.restarts, before, await count(serving));
}

/** The system's own assertions again, of what the release has written since; undefined for a system that has none. */
async function invalidValues(
  { runner }: Means,
  { data: { database }, schema }: RolloutRecord,
  containers: Parameters<typeof databaseContainer>[1],
  serving: Release,
): Promise<Line | undefined> {
  if (schema.assertions.length === 0 || serving.revision !== schema.target) return undefined;
  const container = databaseContainer(database.kind, containers, serving);
  if (container === undefined) throw new Error(`no container runs that has the ${database.kind} database`);
  const argv = clientCommand(database, questions(database, schema.assertions));
  const answer = await runner.exec(container.Id, { argv });
  if (answer.exitCode !== 0) throw new Error(answer.output.trim());
  const wrong = wrongAnswer(schema.assertions, answer.output);
  return lineOf(measures.invalid, null, wrong === undefined ? 0 : 1, wrong === undefined ? [] : [wrong]);
}
