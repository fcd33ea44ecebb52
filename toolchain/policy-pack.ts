import { join } from "node:path";
import { exists } from "./cache.ts";
import { succeed } from "./command.ts";
import type { Engine } from "./engine-plan.ts";

const checkout = join(import.meta.dirname, "..");

/** Raised when the file changes: the plugin's folder carries it. */
const runner = { name: "policy-source", version: "1.0.0" } as const;

/**
 * The folder for `--policy-pack`. Pulumi's own releases run a pack by their language host (`runtime: nodejs`). The language host that can be built
 * from source is older and knows no packs; the engine beside it runs them by a plugin of the runtime's name (`runtime: source`).
 */
export function policyPackOf({ origin }: Pick<Engine, "origin">): string {
  return join(checkout, ...(origin === "source" ? ["policy", "source"] : ["policy"]));
}

/** That plugin, installed: found on PATH it would be warned of at each run. */
export async function ensurePolicyRunner({ origin, pulumi }: Engine, pulumiHome: string): Promise<void> {
  const { name, version } = runner;
  if (origin !== "source" || (await exists(join(pulumiHome, "plugins", `analyzer-${name}-v${version}`)))) return;
  const file = join(import.meta.dirname, "source", "policy-runner", `pulumi-analyzer-${name}`);
  const env = { PULUMI_HOME: pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "true" };
  await succeed(pulumi, ["plugin", "install", "analyzer", name, version, "--file", file], { env });
}
