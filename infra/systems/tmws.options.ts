import type { z } from "zod";
import { choice, flag, integer } from "../../components/options/kinds.ts";
import { section, withDefault } from "../../components/options/option.ts";
import { everywhere, type Rule } from "../../components/options/rule.ts";
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

const days = (example: number) => integer(1, 3650, "days", example);
const licenseTiers = ["FREE", "PRO", "ENTERPRISE", "ADMINISTRATOR"] as const;

const appOptions = section({
  ...releaseOptions({ version: "2.4.0", schemaRevision: "20251124_v2_license" }),
  apiKeyExpireDays: withDefault("TMWS_API_KEY_EXPIRE_DAYS: life of an API key.", days(90), 90),
  ...apiOptions,
  licenseApi: withDefault(
    "The license API on port 8001: off, inside the network, or public at license.<domain>.",
    choice(["off", "internal", "public"]),
    "off",
  ),
  licenseDefaultTier: withDefault("TMWS_LICENSE_DEFAULT_TIER: tier of a new agent.", choice(licenseTiers), "FREE"),
  licenseDefaultDurationDays: withDefault("TMWS_LICENSE_DEFAULT_DURATION_DAYS: life of a new license.", days(30), 30),
  ...securityOptions,
  prometheusEnabled: withDefault("TMWS_PROMETHEUS_ENABLED: metrics on port 9090, inside the network.", flag, true),
  ...variableOptions,
});

/** The app's options with the defaults that depend on the edge. */
const complete = (app: z.output<typeof appOptions>, edgeOrigin: string) => completeApp(app, edgeOrigin);

/** Variables that Slipway itself gives the app: another way to set one would leave unclear which holds. */
export const ownVariables: readonly string[] = [
  ...sharedVariables,
  "TMWS_API_KEY_EXPIRE_DAYS",
  "TMWS_LICENSE_STORAGE",
  "TMWS_LICENSE_DEFAULT_TIER",
  "TMWS_LICENSE_DEFAULT_DURATION_DAYS",
  "TMWS_LICENSE_API_ENABLED",
  "TMWS_LICENSE_API_PORT",
  "TMWS_REDIS_URL",
  "TMWS_PROMETHEUS_ENABLED",
  "TMWS_PROMETHEUS_PORT",
];

const appRules: readonly Rule<ReturnType<typeof complete>>[] = [
  ...securityRules,
  {
    in: everywhere,
    allowed: "off or internal while app.authEnabled is false: anyone could make licenses",
    reads: [["authEnabled"], ["licenseApi"]],
    breaks: ({ licenseApi, authEnabled }) => (licenseApi === "public" && !authEnabled ? [["licenseApi"]] : []),
    remedy: () => [{ set: ["licenseApi"], to: "internal" }],
  },
  ...variableRules(ownVariables),
];

/** What TMWS 2.4 adds to the config. */
export const tmwsOptions = {
  name: "tmws",
  schema: appOptions,
  complete,
  rules: appRules,
  defaults: {
    /** Guide 000, "3.1 Dockerfile Updates": `--interval=30s --timeout=5s --start-period=10s --retries=3`. */
    health: { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
    /** Guide 000 names none; a stack that was upgraded from 2.3.1 keeps its own. */
    ollama: { mode: "off", model: embeddingModel },
  },
} as const;
