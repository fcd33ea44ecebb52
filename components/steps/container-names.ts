import { type Journal, journalPath } from "./journal.ts";
import type { FileEntry } from "./runner.ts";

/** Which containers are the stack's: what a cgroup does not tell. Read by images/container-exporter; the files lie beside the journal. */
export const namesPath = `${journalPath}/containers`;

export interface Named {
  /** The engine's. */
  readonly id: string;
  readonly part: string;
  /** The container's own, as the engine shows it. */
  readonly name: string;
}

/** Entries to write below the journal's folder. @param writer unique among those who write */
export function namesFiles(writer: string, containers: readonly Named[]): readonly FileEntry[] {
  const owner = { uid: 0, gid: 0 };
  const byId = Object.fromEntries(containers.map(({ id, part, name }) => [id, { part, name }]));
  return [
    { path: "containers/", type: "directory", mode: 0o755, ...owner },
    { path: `containers/${writer}.json`, type: "file", content: `${JSON.stringify(byId)}\n`, mode: 0o644, ...owner },
  ];
}

/**
 * Those of the releases that the journal knows, the one that is about to serve among them. A kept one does not run and has no numbers, and when it serves
 * again it has its name at once.
 */
export function releaseContainers({ serving, previous, open }: Journal, nameOf: (alias: string) => string) {
  const replicas = [serving, previous, open?.ready].flatMap((each) => each?.replicas ?? []);
  return replicas.map(({ id, workload, alias }): Named => ({ id, part: workload, name: nameOf(alias) }));
}
