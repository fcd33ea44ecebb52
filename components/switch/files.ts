import type { Place } from "../container/spec.ts";
import { directory, file } from "../files/spec.ts";
import { pemText } from "../options/pem.ts";
import type { FileEntry } from "../steps/runner.ts";
import { switchConfig } from "./config.ts";
import { allowFile, allowList, pemFile } from "./public.ts";
import { type PemPair, type SwitchSpec, switchOwner, switchUid } from "./spec.ts";

/** Files that the switch reads. */

/** Where the switch keeps what it serves through a restart: its own user's alone. */
export function stateDirectory(place: Place, { share }: SwitchSpec): readonly FileEntry[] {
  return [directory("switch-state", { uid: switchUid(place, share), gid: switchOwner.gid }, 0o700)];
}

/** @param gateway of the network that the public ports are on, see `admitted`; empty where nothing is public */
export function switchFiles(spec: SwitchSpec, gateway = ""): readonly FileEntry[] {
  return [
    file("haproxy.cfg", switchConfig(spec), switchOwner),
    ...(spec.public === undefined ? [] : [file(allowFile, allowList(spec.public.allow, gateway), switchOwner)]),
  ];
}

/** Chain and key in one file, as HAProxy reads them; nobody else may. */
export function certificateFile(place: Place, { share }: SwitchSpec, { certificate, key }: PemPair): FileEntry {
  return file(pemFile, pemText(certificate, key), { uid: switchUid(place, share), gid: switchOwner.gid }, 0o400);
}
