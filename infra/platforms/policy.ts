import type { ReleasePolicy } from "../../components/app/policy.ts";
import type { Settings } from "../config/settings.ts";
import type { Promotion } from "../release/promotion.ts";
import type { System } from "../systems/system.ts";

/** How this stack releases this system. */
export function policyOf(
  { mode, version }: System,
  { environment, rollout, announce }: Settings,
  promotion?: Promotion,
): ReleasePolicy {
  const { readyTimeoutSeconds, drainSeconds, holdSeconds } = rollout;
  return {
    mode,
    environment,
    version,
    times: { ready: readyTimeoutSeconds, drain: drainSeconds, hold: holdSeconds },
    back: rollout.back ?? "",
    reads: rollout.reads ?? [],
    kind: rollout.migration,
    soakHours: rollout.soakHours,
    retry: rollout.retry ?? "",
    ...(promotion && { promoted: { proof: promotion.content, note: promotion.note } }),
    acceptSchema: rollout.acceptSchema ?? "",
    webhook: announce.webhook?.secret ?? "",
  };
}
