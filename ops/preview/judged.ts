import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PulumiContext, readPulumi, runPulumi } from "../pulumi.ts";
import { policyResults, wantsJson, withResults } from "./results.ts";

/** `pulumi preview`; its JSON with what the policies found, which Pulumi tells in its other forms only. */
export async function judgedPreview(context: PulumiContext, args: readonly string[]): Promise<number> {
  if (!wantsJson(args) || !args.includes("--policy-pack")) return runPulumi(context, ["preview", ...args]);
  const folder = await mkdtemp(join(tmpdir(), "slipway-preview-"));
  try {
    const log = join(folder, "events");
    // The flag is there for tools, as Pulumi's Automation API is one.
    const env = { ...context.env, PULUMI_DEBUG_COMMANDS: "true" };
    const { code, out } = await readPulumi({ ...context, env }, ["preview", ...args, "--event-log", log]);
    const events = await readFile(log, "utf8").catch(() => "");
    process.stdout.write(out.trimStart().startsWith("{") ? withResults(out, policyResults(events)) : out);
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}
