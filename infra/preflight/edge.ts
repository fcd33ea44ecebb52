import * as pulumi from "@pulumi/pulumi";
import { label, type Place } from "../../components/container/spec.ts";
import { claimFile, claimRefusal, edgeToShare, type FoundEdge } from "../../components/edge/share.ts";
import { uncovered } from "../../components/edge/trust.ts";
import { isRecord } from "../../components/options/path.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";

/** The running edge that `slipway:edge.share` names; undefined when the stack has its own. Read-only. */
export async function sharedEdge(runner: Runner): Promise<FoundEdge | undefined> {
  const owner = shareOf(pulumi.runtime.allConfig()["slipway:edge"]);
  if (owner === undefined) return undefined;
  try {
    return edgeToShare(pulumi.getStack(), owner, await runner.list({}));
  } catch (error) {
    throw new pulumi.RunError(messageOf(error));
  }
}

/** Before the config is checked: what is no name there is refused with the rest of the config. */
function shareOf(edge: string | undefined): string | undefined {
  try {
    const given: unknown = JSON.parse(edge ?? "{}");
    return isRecord(given) && typeof given["share"] === "string" ? given["share"] : undefined;
  } catch {
    return undefined; // No JSON: the config's own check says so.
  }
}

/** Refuses host names that another stack has at the same edge, and a certificate of one's own that is not for all of them. */
export async function assertHostNames(
  runner: Runner,
  place: Place,
  { routes }: System,
  { edge: { tls } }: Settings,
): Promise<void> {
  const hosts = [...new Set(routes.map(({ host }) => host))];
  const bare = tls.mode === "own" ? uncovered(tls.certificate, hosts) : [];
  if (bare.length > 0)
    throw new pulumi.RunError(
      `slipway:edge.tls.certificate is not for ${bare.join(", ")}, which this system answers to as well; allowed: a certificate for ${hosts.join(", ")}. Mend: pulumi config set --path slipway:edge.tls.certificate --stack ${place.stack} < cert.pem`,
    );
  const stack = tls.mode === "shared" ? tls.stack : place.stack;
  const [edge] = await runner.list({ [label.stack]: stack, [label.part]: "edge" });
  if (edge === undefined) return;
  const refusals = await Promise.all(
    hosts.map(async (host) => claimRefusal(place, host, await runner.get(edge.id, claimFile(host)))),
  );
  const words = refusals.filter((each) => each !== undefined);
  if (words.length > 0) throw new pulumi.RunError(words.join("\n"));
}
