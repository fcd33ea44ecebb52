import { z } from "zod";
import { NotYet, until } from "../../toolchain/poll.ts";
import { label, type Place } from "../container/spec.ts";
import type { Deployed, Deployments } from "../steps/deployments.ts";
import { messageOf, StepFailure } from "../steps/failure.ts";
import { emptyJournal, type Journal } from "../steps/journal.ts";

/** The release of Deployments that have been applied: waits for it, and goes back when it does not come up or is not proved. Kubernetes' controllers do the work. */

export interface ClusterRollout {
  readonly place: Place;
  /** By workload: the release that its template is labelled with. */
  readonly releases: Readonly<Record<string, string>>;
  readonly image: string;
  /** Schema revision that it was released with. */
  readonly revision: string;
  /** Further revisions that its code can work with. */
  readonly reads: readonly string[];
  /** Longest wait, beyond the controllers' own deadline. */
  readonly seconds: number;
}

/** What served, as it is kept with each Deployment. */
const served = z.strictObject({
  release: z.string(),
  image: z.string(),
  revision: z.string(),
  reads: z.array(z.string()),
  /** When it was first ready; ISO 8601. */
  since: z.string(),
});
export type Served = z.infer<typeof served>;

export type State = "coming" | "ready" | "late";

/** Pure. What the controller says of another set is of a release before. */
export function stateOf({ seen, pods, late, release, sets }: Deployed): State {
  if (!seen) return "coming";
  const { wanted, all, updated, available } = pods;
  if (updated === wanted && all === wanted && available === wanted) return "ready";
  const own = sets.filter((set) => set.release === release);
  return late !== undefined && own.some(({ name }) => late.includes(`"${name}"`)) ? "late" : "coming";
}

/** Undefined for a Deployment none of whose releases was ever ready. */
export function servedOf({ served: note }: Deployed): Served | undefined {
  return note === undefined ? undefined : served.parse(JSON.parse(note));
}

/** What the decisions of a migration want to know of the release that serves; a cluster keeps no journal. Pure. */
export function journalOf(deployed: readonly Deployed[]): Journal {
  const known = deployed.map(servedOf).filter((each) => each !== undefined);
  // The one that began last: a workload whose template stayed the same has the note of an older release.
  const [latest] = known.sort((a, b) => (a.since < b.since ? 1 : -1));
  if (latest === undefined) return emptyJournal;
  const { release: id, ...rest } = latest;
  return { ...emptyJournal, serving: { ...rest, id, definition: id, replicas: [], traffic: {} } };
}

/** By which the stack's workloads are found among the Deployments or services. */
export function workloadLabels({ stack }: Place): Readonly<Record<string, string>> {
  return { [label.stack]: stack, [label.role]: "workload" };
}

/** @throws StepFailure when it does not come up, with events and last lines of its pods and what serves now */
export async function rollOut(deployments: Deployments, wish: ClusterRollout, pauseMs = 500): Promise<void> {
  const before = await ownOf(deployments, wish);
  for (const each of before) await goForward(deployments, each, wish.releases[each.name] ?? "");
  // A release that was late once, with no other since, may have been mended outside: it gets its time again.
  const patient = new Set(before.filter((each) => stateOf(each) === "late").map(({ name }) => name));
  const failed = await waited(deployments, wish, patient, pauseMs);
  if (failed.length === 0) return;
  const words = await Promise.all(
    failed.map((each) => wordsOf(deployments, { ...each, release: wish.releases[each.name] ?? each.release })),
  );
  const outcome = await goBack(deployments, wish, pauseMs);
  throw new StepFailure([...words, outcome].join("\n"));
}

/**
 * What came up is proved, and noted as what serves: a release goes back to one that was proved, never to one that only ran.
 * @throws StepFailure when the proof fails, with what serves now
 */
export async function provedOrBack<T>(
  deployments: Deployments,
  wish: ClusterRollout,
  prove: () => Promise<T>,
  pauseMs = 500,
): Promise<T> {
  // After a proof that failed, the same `up` comes here alone: the rollout counts as done.
  await rollOut(deployments, wish, pauseMs);
  let answer: T;
  try {
    answer = await prove();
  } catch (error) {
    throw new StepFailure([messageOf(error), await goBack(deployments, wish, pauseMs)].join("\n"));
  }
  await noteServed(deployments, wish);
  return answer;
}

/** Each workload's; @throws StepFailure for one that is not there */
export async function ownOf(
  deployments: Deployments,
  { place, releases }: ClusterRollout,
): Promise<readonly Deployed[]> {
  const all = await deployments.list(workloadLabels(place));
  return Object.keys(releases).map((name) => {
    const found = all.find((each) => each.name === name);
    if (found === undefined)
      throw new StepFailure(`the Deployment ${name} is not there; mend: pulumi refresh, then the same command again`);
    return found;
  });
}

/** One that was gone back from has the template of the release before: the same `up` again tries it again. */
async function goForward(deployments: Deployments, { name, release, sets }: Deployed, wanted: string): Promise<void> {
  if (release === wanted) return;
  const set = sets.find((each) => each.release === wanted);
  if (set === undefined)
    throw new StepFailure(
      `the Deployment ${name} is at release ${release || "unknown"}, not ${wanted}; mend: pulumi refresh, then the same command again`,
    );
  await deployments.setBack(name, set.name);
}

/** Answers what did not come up in time. */
function waited(
  deployments: Deployments,
  wish: ClusterRollout,
  patient: ReadonlySet<string>,
  everyMs: number,
): Promise<readonly Deployed[]> {
  const look = async () => {
    const now = await ownOf(deployments, wish);
    // ECS' circuit breaker sets a service back by itself.
    const wanted = ({ name, release }: Deployed) => release === wish.releases[name];
    const late = now.filter((each) => (stateOf(each) === "late" && !patient.has(each.name)) || !wanted(each));
    const missing = now.filter((each) => stateOf(each) !== "ready");
    return late.length > 0 || missing.length === 0 ? late : new NotYet(missing);
  };
  return until(look, { seconds: wish.seconds, everyMs, late: (missing: readonly Deployed[]) => missing });
}

async function noteServed(deployments: Deployments, wish: ClusterRollout): Promise<void> {
  const { image, revision, reads } = wish;
  const now = new Date().toISOString();
  for (const each of await ownOf(deployments, wish)) {
    const release = wish.releases[each.name] ?? "";
    const known = servedOf(each);
    const since = known?.release === release ? known.since : now;
    await deployments.note(each.name, JSON.stringify({ release, image, revision, reads, since }));
  }
}

async function wordsOf(deployments: Deployments, { name, release, pods, sets }: Deployed): Promise<string> {
  const set = sets.find((each) => each.release === release);
  const words = set === undefined ? "it has no pods" : await deployments.words(set.name);
  return `${name}: release ${release} did not get ready, ${pods.updated} of ${pods.wanted} pods are its own:\n${words}`;
}

/** The release before serves all the while: no pod of it was taken away before one of this was ready. */
export async function goBack(deployments: Deployments, wish: ClusterRollout, pauseMs: number): Promise<string> {
  const now = await ownOf(deployments, wish);
  const back: Record<string, string> = {};
  for (const each of now) {
    const last = servedOf(each)?.release;
    const set = each.sets.find(({ release }) => release === last);
    if (last === undefined || set === undefined) continue;
    if (each.release !== last) await deployments.setBack(each.name, set.name);
    back[each.name] = last;
  }
  if (now.every(({ name }) => back[name] === wish.releases[name]))
    return "This release was proved before and keeps serving: look at what changed around it.";
  if (Object.keys(back).length === 0) return "There is no release to go back to: its pods stay, for you to look at.";
  const missing = await waited(deployments, { ...wish, releases: back }, new Set(), pauseMs);
  const again = "Mend the cause and run the same command again, or set the config back.";
  return missing.length === 0
    ? `Undone: the release before serves (${list(back)}). ${again}`
    : `The release before was set back (${list(back)}), and ${missing.map(({ name }) => name).join(", ")} is not ready. ${again}`;
}

function list(releases: Readonly<Record<string, string>>): string {
  return Object.entries(releases)
    .map(([name, release]) => `${name} ${release}`)
    .join(", ");
}
