import type { Mount, Place } from "../container/spec.ts";
import { resourceName } from "../container/spec.ts";
import { all } from "../nouns/all.ts";
import type { Kept } from "../nouns/spec.ts";
import type { SessionRequest } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { dataPart } from "../volumes/spec.ts";
import { backupPath, type Commands, type DataSpec, setsPath } from "./spec.ts";

/** A store whose data are copied as they lie on its volume, with their owners: Redis' append-only files, Chroma's folder. */
export interface Store {
  readonly name: string;
  /** Its volume's part, e.g. `redis-data`. */
  readonly part: string;
}

/** @param parts of the volumes that are there */
export const storesOf = (parts: readonly string[]): readonly Store[] =>
  Object.entries<Kept>(all("volumes")).flatMap(([part, { restored }]) =>
    restored?.by === "files" && parts.includes(part) ? [{ name: restored.of, part }] : [],
  );

const storePath = ({ name }: Store) => `/stores/${name}`;

/** The volumes of the stores in a session, each below `/stores`, of the data's generation that serves. */
export function storeMounts(place: Place, stores: readonly Store[], readOnly: boolean): readonly Mount[] {
  return stores.map((store) => ({
    volume: resourceName(place, dataPart(place, store.part)),
    path: storePath(store),
    readOnly,
  }));
}

/**
 * A session that reads and writes files of every owner and nothing else: root with the rights over files alone, no network. A workload's user
 * may read neither what Redis owns nor what PostgreSQL does.
 */
export function keeperRequest(
  data: DataSpec,
  mounts: readonly Mount[],
  env: Readonly<Record<string, string>> = {},
): SessionRequest {
  return {
    image: data.database.kind === "postgres" ? data.database.image : data.image,
    user: "0:0",
    env,
    mounts: [...mounts, { volume: data.backupVolume, path: backupPath }],
    network: [],
    memoryMb: 512,
    capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
  };
}

/**
 * The stores into a set that is being made. Redis renames and removes files when it rewrites its log, which it does by itself: a copy during
 * which the list of files changed is made again. The archives belong to the set's owner, who removes old sets.
 */
export function copyStores(set: string, stores: readonly Store[], owner: string): Commands {
  return stores.map((store) => {
    const [from, to] = [storePath(store), quote(`${setsPath}/${set}.part/${store.name}.tar`)];
    const files = `(cd ${from} && find . | LC_ALL=C sort)`;
    return script(
      "for try in 1 2 3 4 5; do",
      `  before=$${files}`,
      `  if tar -C ${from} --numeric-owner -cf ${to} . && [ "$before" = "$${files}" ]; then break; fi`,
      '  [ "$try" -lt 5 ]; sleep 1',
      "done",
      `chown ${owner} ${to}`,
    );
  });
}

/** Back onto new volumes; what a set does not have comes from `spare`, the set of now. */
export function restoreStores(set: string, spare: string, stores: readonly Store[]): Commands {
  return stores.map((store) => {
    const archive = (from: string) => quote(`${setsPath}/${from}/${store.name}.tar`);
    return script(
      `from=${archive(set)}; [ -f "$from" ] || from=${archive(spare)}`,
      `if [ -f "$from" ]; then tar -C ${storePath(store)} --numeric-owner -xpf "$from"; fi`,
    );
  });
}
