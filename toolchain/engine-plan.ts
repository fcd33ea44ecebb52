import { type Go, goMissing, serves } from "./go.ts";
import { atLeast, versions } from "./versions.ts";

/** A Pulumi CLI that can be run. */
export interface Engine {
  readonly origin: "path" | "installer" | "source";
  /** Full path of the `pulumi` executable; its language host stands beside it. */
  readonly pulumi: string;
}

/** What was observed on this machine. */
export interface EngineFacts {
  readonly onPath: { readonly pulumi: string; readonly version: string } | undefined;
  /** Path of the CLI that Pulumi's own installer left here, now or earlier. */
  readonly installed: string | undefined;
  /** Path of the CLI built from source earlier. */
  readonly built: string | undefined;
  /** Why Pulumi's installer failed within the last day. */
  readonly refusal: string | undefined;
  /** Looked for only when it comes to building. */
  readonly go: Go | undefined;
}

export type EngineStep =
  | { readonly kind: "use"; readonly engine: Engine; readonly said: readonly string[] }
  | { readonly kind: "install"; readonly said: readonly string[] }
  | { readonly kind: "build"; readonly go: Go; readonly said: readonly string[] }
  | { readonly kind: "fail"; readonly error: string };

/** The next step towards an engine, with a line for each way that did not serve. Nothing is said when one is ready. */
export function nextEngineStep(facts: EngineFacts): EngineStep {
  const { onPath, installed, built, refusal, go } = facts;
  if (onPath !== undefined && atLeast(onPath.version, versions.oldestEngine)) {
    return { kind: "use", engine: { origin: "path", pulumi: onPath.pulumi }, said: [] };
  }
  if (installed !== undefined) return { kind: "use", engine: { origin: "installer", pulumi: installed }, said: [] };
  if (built !== undefined) return { kind: "use", engine: { origin: "source", pulumi: built }, said: [] };

  const path =
    onPath === undefined
      ? "no pulumi on PATH"
      : `${onPath.pulumi} is ${onPath.version}, ${versions.oldestEngine} or newer would serve`;
  if (refusal === undefined) return { kind: "install", said: [`${path}; trying Pulumi's own installer`] };
  const installer = `Pulumi's own installer (npm package pulumi ${versions.officialEngine}) did not serve: ${refusal}`;
  if (serves(go)) {
    return { kind: "build", go, said: [installer, `building Pulumi from source with ${go.path} (${go.version})`] };
  }
  return { kind: "fail", error: [path, installer, goMissing(go), "", mend].join("\n") };
}

const mend = [
  "Mend it in one of these ways, then run the command again:",
  "  curl -fsSL https://get.pulumi.com | sh      the Pulumi CLI (then put ~/.pulumi/bin on PATH)",
  `  https://go.dev/doc/install                  Go ${versions.oldestGo} or newer, to build it from source`,
].join("\n");
