import { join } from "node:path";
import { cached } from "./cache.ts";
import { succeed, which } from "./command.ts";
import { findGo, goMissing, serves } from "./go.ts";
import { messageOf } from "./message.ts";
import { phase } from "./phases.ts";

/** A program that is had as a Go module; its sources are checked against Go's checksum database. */
export interface GoTool {
  readonly name: string;
  /** Path of its command's package. */
  readonly package: string;
  /** e.g. `v1.32.0` */
  readonly version: string;
  /** Folder of a module that requires it, where its own has `replace` lines, with which Go installs no command. @default none is needed */
  readonly module?: string;
  /** What it answers to when it was built well. @default `version` */
  readonly asked?: string;
}

/** Path of the program: the user's own from PATH, else built once. Why not, when neither is to be had. */
export async function goTool(tool: GoTool): Promise<{ readonly path: string } | { readonly why: string }> {
  const own = await which(tool.name, process.env["PATH"]);
  if (own !== undefined) return { path: own };
  const go = await findGo();
  if (!serves(go)) return { why: `there is no ${tool.name} on PATH, and ${goMissing(go)}` };
  try {
    return { path: await built(go.path, tool) };
  } catch (error) {
    return { why: `${tool.name} could not be built: ${messageOf(error)}` };
  }
}

/** Path of the program in just this version, whatever is on PATH. @throws Error in words for the user when there is no Go, or it cannot be built */
export async function ownGoTool(tool: GoTool): Promise<string> {
  const go = await findGo();
  if (!serves(go)) throw new Error(goMissing(go));
  return built(go.path, tool);
}

async function built(go: string, tool: GoTool): Promise<string> {
  const key = `${tool.name}-${tool.version}-${process.platform}-${process.arch}`;
  return join(await cached(key, (draft) => build(go, tool, draft)), tool.name);
}

async function build(go: string, tool: GoTool, draft: string): Promise<void> {
  await phase(`building ${tool.name} ${tool.version} from source, which takes minutes`, async () => {
    const env = { GOBIN: draft, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" };
    if (tool.module === undefined) return succeed(go, ["install", `${tool.package}@${tool.version}`], { env });
    const lean = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"];
    return succeed(go, ["build", ...lean, "-o", join(draft, tool.name), tool.package], { env, cwd: tool.module });
  });
  await succeed(join(draft, tool.name), [tool.asked ?? "version"]);
}
