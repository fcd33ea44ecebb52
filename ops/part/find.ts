import { label } from "../../components/container/spec.ts";
import { type Journal, watchJournal } from "../../components/steps/journal.ts";
import type { Observed, Runner } from "../../components/steps/runner.ts";

/** The containers of a stack that a user may name: parts and workloads; the sessions of steps come and go. */
export interface Parts {
  readonly containers: readonly Observed[];
  /** Engine ids of the release that serves, in the order of its replicas. */
  readonly serving: readonly string[];
}

/** What of a stack exists and what serves, by label and journal; without a switch there is no journal, and nothing counts as serving. */
export async function partsOf(runner: Runner, stack: string): Promise<Parts> {
  const all = await runner.list({ [label.stack]: stack });
  const containers = all.filter(({ labels }) => ["part", "workload"].includes(labels[label.role] ?? ""));
  const reader = containers.find(({ labels }) => labels[label.part] === "switch");
  const journal: Journal | undefined = reader && (await watchJournal(runner, reader));
  return { containers, serving: (journal?.serving?.replicas ?? []).map(({ id }) => id) };
}

/**
 * The containers of one part: of a workload the replicas that serve, and any other that runs, which a release brings or lets go. What is kept
 * stopped to go back to is not among them. Pure.
 */
export function containersOf({ containers, serving }: Parts, part: string): readonly Observed[] {
  const place = ({ id }: Observed) => (serving.includes(id) ? serving.indexOf(id) : serving.length);
  return containers
    .filter(({ labels }) => labels[label.part] === part)
    .filter(({ id, labels, state }) => labels[label.role] === "part" || serving.includes(id) || state === "running")
    .sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

/** What a user may name, each once: the error for an unknown name lists them. */
export function partNames({ containers }: Parts): readonly string[] {
  return [...new Set(containers.flatMap(({ labels }) => labels[label.part] ?? []))].sort();
}

/** What to say of a name that nothing has. */
export function unknownPart(stack: string, part: string, names: readonly string[]): string {
  if (names.length === 0)
    return `nothing of stack ${stack} is on this host; \`npm start -- --stack ${stack}\` starts it`;
  return `stack ${stack} has no part "${part}"; there are ${names.join(", ")}`;
}
