import type { z } from "zod";
import { integer } from "../../components/options/kinds.ts";
import { optional, section } from "../../components/options/option.ts";
import type { Rule } from "../../components/options/rule.ts";
import type { Tier } from "../../components/options/tier.ts";
import {
  apiOptions,
  completeApp,
  embeddingModel,
  releaseOptions,
  securityOptions,
  securityRules,
  sharedVariables,
  variableOptions,
} from "./tmws.shared.options.ts";
import { variableRules } from "./variable-rules.ts";

/** Connections of the app to its own database, and how many more a burst may open: guide 001, "Vertical Scaling", before and after. */
const pools: Readonly<Record<Tier, { readonly size: number; readonly overflow: number }>> = {
  small: { size: 5, overflow: 10 },
  medium: { size: 10, overflow: 20 },
  large: { size: 10, overflow: 20 },
};

const appOptions = section({
  ...releaseOptions({ version: "2.3.1", schemaRevision: "315d506e2598" }),
  ...apiOptions,
  dbPoolSize: optional(
    "TMWS_DB_POOL_SIZE: connections to the database that are kept.",
    integer(1, 100, "connections", 5),
    "the tier's: small 5, medium 10, large 10",
  ),
  dbMaxOverflow: optional(
    "TMWS_DB_MAX_OVERFLOW: connections that a burst may open beside them.",
    integer(0, 200, "connections", 10),
    "the tier's: small 10, medium 20, large 20",
  ),
  ...securityOptions,
  ...variableOptions,
});

const complete = (app: z.output<typeof appOptions>, edgeOrigin: string) => completeApp(app, edgeOrigin);

export type Tmws23App = ReturnType<typeof complete>;

/** Variables that Slipway itself gives the app: another way to set one would leave unclear which holds. */
export const ownVariables: readonly string[] = [...sharedVariables, "TMWS_DB_POOL_SIZE", "TMWS_DB_MAX_OVERFLOW"];

const rules: readonly Rule<Tmws23App>[] = [...securityRules, ...variableRules(ownVariables)];

/** The tier's pool with the user's own numbers put over it. */
export function poolOf(tier: Tier, { dbPoolSize, dbMaxOverflow }: Tmws23App) {
  const { size, overflow } = pools[tier];
  return { size: dbPoolSize ?? size, overflow: dbMaxOverflow ?? overflow };
}

/** What TMWS 2.3.1 adds to the config. */
export const tmws23Options = {
  product: "tmws",
  schema: appOptions,
  complete,
  rules,
  /** "Ollama (required)" (guide 001, "Key Differences from v2.2.x"). */
  needsOllama: true,
  defaults: {
    ollama: { mode: "container", model: embeddingModel },
    /** Guide 001, "Health Checks": interval 30s, timeout 10s, retries 3, start_period 30s. */
    health: { intervalSeconds: 30, timeoutSeconds: 10, startPeriodSeconds: 30, retries: 3 },
  },
} as const;
