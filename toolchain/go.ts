import { delimiter } from "node:path";
import { succeed, which } from "./command.ts";
import type { Progress } from "./phases.ts";
import { atLeast, versions } from "./versions.ts";

export interface Go {
  /** Full path of the go command. */
  readonly path: string;
  /** As it says itself, e.g. `go1.26.8`. */
  readonly version: string;
}

/** The go command on PATH or at the place where Go's own installation puts it. */
export async function findGo(): Promise<Go | undefined> {
  const path = await which("go", [process.env["PATH"] ?? "", "/usr/local/go/bin"].join(delimiter));
  if (path === undefined) return undefined;
  return { path, version: (await succeed(path, ["env", "GOVERSION"])).trim() };
}

/** Whether it builds what is in source/. */
export function serves(go: Go | undefined): go is Go {
  return go !== undefined && atLeast(go.version, versions.oldestGo);
}

/** Why it does not, for an error. */
export function goMissing(go: Go | undefined): string {
  const found = go === undefined ? "there is no go on PATH" : `${go.path} is ${go.version}`;
  return `building from source needs Go ${versions.oldestGo} or newer: ${found}`;
}

/** cgo off: no C compiler needed. The rest keeps what stands above the checkout, or in Go's own settings, out of the build. */
const goEnvironment = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" };

export interface GoBuild {
  /** Path of the go command. */
  readonly go: string;
  /** Folder of the module to build in. */
  readonly module: string;
  /** Package path of the command to build. */
  readonly command: string;
  /** For the linker. */
  readonly flags: string;
  readonly output: string;
}

/** @throws Error with what the compiler said */
export async function goBuild({ go, module, command, flags, output }: GoBuild, progress: Progress): Promise<void> {
  let downloaded = 0;
  const onDownload = (line: string) => {
    if (line.startsWith("go: downloading")) progress(`${++downloaded} modules downloaded`);
  };
  const listed = await succeed(go, ["list", "-deps", command], { cwd: module, env: goEnvironment, onLine: onDownload });
  const total = listed.trim().split("\n").length;
  let compiled = 0;
  const onPackage = (line: string) => {
    if (!line.startsWith("go: ")) progress(`${++compiled} of ${total} packages compiled`);
  };
  // Debug information is stripped at the end anyway; not making it saves a tenth of the time.
  const lean = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", flags];
  const args = ["build", "-v", ...lean, "-o", output, command];
  await succeed(go, args, { cwd: module, env: goEnvironment, onLine: onPackage });
}
