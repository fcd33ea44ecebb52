import type { Tier } from "../../../components/options/tier.ts";

/** US dollars a month above which AWS writes an e-mail where config says no sum: a fifth above what `npm run size` computes, see ops/size. */
export const managedCost: Readonly<Record<Tier, number>> = { small: 400, medium: 850, large: 1750 };
