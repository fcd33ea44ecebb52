import { directory, file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { caddyfile } from "./caddyfile.ts";
import { ownPemFiles } from "./own.ts";
import type { EdgeSpec } from "./spec.ts";
import { rootsFile } from "./trust.ts";

/** Files that the edge reads. */

const owner = { uid: 0, gid: 0 };

/** @param token of the certificate's address, see own.ts; what holds it is for nobody else's eyes */
export function edgeFiles(spec: EdgeSpec, token?: string): readonly FileEntry[] {
  return [file("Caddyfile", caddyfile(spec, token), owner, token === undefined ? 0o444 : 0o400)];
}

/** The pair twice, one written after the other: while one is half written the edge is answered from the other. */
export function certificateFiles(pem: string): readonly FileEntry[] {
  return ownPemFiles.map((name) => file(name, pem, owner, 0o400));
}

/** On the data volume, where the probes find it. */
export function rootsFiles(roots: string): readonly FileEntry[] {
  return [directory("slipway", owner), file(rootsFile, roots, owner)];
}
