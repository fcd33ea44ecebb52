import type { Limits } from "../../components/container/spec.ts";
import { all, type NameIn } from "../../components/nouns/all.ts";
import type { Tier } from "../../components/options/tier.ts";

/** What the parts beside the app may use, small tier: with the app's 2 GB they fit the guide's host of 4 GB; Ollama in a container wants 2 GB more. */
const small = all("limits");

const factor: Record<Tier, number> = { small: 1, medium: 2, large: 4 };

/** What a part may use: its small limits, twice as much in the medium tier, four times in the large one. */
export function partLimits(part: NameIn<"limits">, tier: Tier): Limits {
  const { cpus, memoryMb, pids } = small[part];
  return { cpus: cpus * factor[tier], memoryMb: memoryMb * factor[tier], pids: pids * factor[tier] };
}
