import type { z } from "zod";
import {
  choice,
  flag,
  integer,
  list,
  secretText,
  secretValue,
  text,
  variableName,
  variableValue,
} from "../../components/options/kinds.ts";
import { mapOf, optional, required, section, withDefault } from "../../components/options/option.ts";
import { everywhere, inProduction, type Rule, refuse } from "../../components/options/rule.ts";

const secretKey = secretText((value) => /^[0-9a-fA-F]{64}$/.test(value), {
  allowed: "64 hex digits, not all the same",
  example: "0123456789abcdef".repeat(4),
  generate: "openssl rand -hex 32",
});

const origin = text((value) => value === "*" || isOrigin(value), {
  allowed: "an origin, https://host or https://host:port in lower case, without a path and without :443",
  example: "https://app.example.com",
  ask: "<https://host>",
});

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*@]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

const version = text((value) => /^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/.test(value), {
  allowed: "a version, such as 2.4.0",
  example: "2.4.0",
});
const revision = text((value) => /^[0-9A-Za-z_-]{1,32}$/.test(value), {
  allowed: "an Alembic revision: 1 to 32 letters, digits, _ or -",
  example: "20251124_v2_license",
});

const days = (example: number) => integer(1, 3650, "days", example);
const licenseTiers = ["FREE", "PRO", "ENTERPRISE", "ADMINISTRATOR"] as const;
const logLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;

const appOptions = section({
  version: withDefault("Version that the image's /health must report.", version, "2.4.0"),
  schemaRevision: withDefault(
    "Revision of the database schema that this version needs.",
    revision,
    "20251124_v2_license",
  ),
  secretKey: optional("TMWS_SECRET_KEY: signs the API keys.", secretKey, "generated once per stack"),
  apiKeyExpireDays: withDefault("TMWS_API_KEY_EXPIRE_DAYS: life of an API key.", days(90), 90),
  corsOrigins: optional(
    "TMWS_CORS_ORIGINS: web pages that may call the API.",
    list(origin, "a list of origins, https://host or https://host:port"),
    "the edge's own origin",
  ),
  logLevel: withDefault("TMWS_LOG_LEVEL.", choice(logLevels, "INFO"), "INFO"),
  // Guide 001, "Fail-Secure Defaults": production mode is enforced unless explicitly changed, on every stack.
  environment: withDefault(
    "TMWS_ENVIRONMENT: what the app itself enforces.",
    choice(["development", "test", "staging", "production"], "production"),
    "production",
  ),
  licenseApi: withDefault(
    "The license API on port 8001: off, inside the network, or public at license.<domain>.",
    choice(["off", "internal", "public"]),
    "off",
  ),
  licenseDefaultTier: withDefault("TMWS_LICENSE_DEFAULT_TIER: tier of a new agent.", choice(licenseTiers), "FREE"),
  licenseDefaultDurationDays: withDefault("TMWS_LICENSE_DEFAULT_DURATION_DAYS: life of a new license.", days(30), 30),
  authEnabled: withDefault("TMWS_AUTH_ENABLED.", flag, true),
  rateLimitEnabled: withDefault("TMWS_RATE_LIMIT_ENABLED: protects from floods of requests.", flag, true),
  securityHeadersEnabled: withDefault("TMWS_SECURITY_HEADERS_ENABLED: OWASP's headers.", flag, true),
  auditLogEnabled: withDefault("TMWS_AUDIT_LOG_ENABLED: who did what.", flag, true),
  namespaceIsolationEnabled: withDefault("TMWS_NAMESPACE_ISOLATION_ENABLED: tenants see only their own.", flag, true),
  prometheusEnabled: withDefault("TMWS_PROMETHEUS_ENABLED: metrics on port 9090, inside the network.", flag, true),
  extraEnv: mapOf("Further variables of the app.", variableName, required("Value of the variable.", variableValue)),
  secretEnv: mapOf(
    "Further secret variables of the app.",
    variableName,
    required("Secret value of the variable.", secretValue),
  ),
});

type AppInput = z.output<typeof appOptions>;

/** The app's options with the defaults that depend on the edge. */
function completeApp(app: AppInput, edgeOrigin: string) {
  return { ...app, corsOrigins: app.corsOrigins ?? [edgeOrigin] };
}

type CompleteApp = ReturnType<typeof completeApp>;

/** Variables that Slipway itself gives the app: another way to set one would leave unclear which holds. */
export const ownVariables: readonly string[] = [
  "TMWS_DATABASE_URL",
  "TMWS_SECRET_KEY",
  "TMWS_API_KEY_EXPIRE_DAYS",
  "TMWS_LICENSE_STORAGE",
  "TMWS_LICENSE_DEFAULT_TIER",
  "TMWS_LICENSE_DEFAULT_DURATION_DAYS",
  "TMWS_LICENSE_API_ENABLED",
  "TMWS_LICENSE_API_PORT",
  "TMWS_CORS_ORIGINS",
  "TMWS_LOG_LEVEL",
  "TMWS_ENVIRONMENT",
  "TMWS_REDIS_URL",
  "TMWS_PROMETHEUS_ENABLED",
  "TMWS_PROMETHEUS_PORT",
  "TMWS_AUTH_ENABLED",
  "TMWS_RATE_LIMIT_ENABLED",
  "TMWS_SECURITY_HEADERS_ENABLED",
  "TMWS_AUDIT_LOG_ENABLED",
  "TMWS_NAMESPACE_ISOLATION_ENABLED",
  // Whose X-Forwarded-For uvicorn believes: set wide open, every client could forge its address past the rate limit.
  "FORWARDED_ALLOW_IPS",
];

function originsThat(isWrong: (origin: string) => boolean) {
  return ({ corsOrigins }: CompleteApp) =>
    corsOrigins.flatMap((one, place) => (isWrong(one) ? [["corsOrigins", place]] : []));
}

const isThisMachine = (one: string) =>
  URL.canParse(one) && /(^|\.)localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$|^0\.0\.0\.0$/.test(new URL(one).hostname);

const switchRules = (
  ["authEnabled", "rateLimitEnabled", "securityHeadersEnabled", "auditLogEnabled", "namespaceIsolationEnabled"] as const
).map((key) =>
  refuse<CompleteApp, typeof key>(
    inProduction,
    key,
    (on) => !on,
    "true in production (guide 001, Essential Security Checklist)",
    true,
  ),
);

/** Guide 001, "Essential Security Checklist", as a table. */
const appRules: readonly Rule<CompleteApp>[] = [
  ...switchRules,
  refuse(
    inProduction,
    "environment",
    (word) => word !== "production",
    "production on a production stack",
    "production",
  ),
  refuse(
    inProduction,
    "logLevel",
    (level) => level === "DEBUG",
    "INFO, WARNING, ERROR or CRITICAL in production: DEBUG may print secrets",
    "INFO",
  ),
  {
    in: inProduction,
    allowed: "in production the origins by name, never *: any web page could call the API",
    breaks: originsThat((one) => one === "*"),
  },
  {
    in: inProduction,
    allowed: "in production no origin on one's own machine",
    breaks: originsThat(isThisMachine),
  },
  {
    in: inProduction,
    allowed: "in production https origins only: a plain http page can be changed on its way",
    breaks: originsThat((one) => one.startsWith("http://") && !isThisMachine(one)),
  },
  {
    in: everywhere,
    allowed: "off or internal while app.authEnabled is false: anyone could make licenses",
    reads: [["authEnabled"], ["licenseApi"]],
    breaks: ({ licenseApi, authEnabled }) => (licenseApi === "public" && !authEnabled ? [["licenseApi"]] : []),
    remedy: () => [{ set: ["licenseApi"], to: "internal" }],
  },
  {
    in: everywhere,
    allowed: "a variable that Slipway does not set itself; this one has its own option or a fixed value",
    breaks: ({ extraEnv, secretEnv }) => [
      ...ownVariables.filter((name) => Object.hasOwn(extraEnv, name)).map((name) => ["extraEnv", name]),
      ...ownVariables.filter((name) => Object.hasOwn(secretEnv, name)).map((name) => ["secretEnv", name]),
    ],
    remedy: (_, broken) => [{ remove: broken }],
  },
  {
    in: everywhere,
    allowed: "a variable either in app.extraEnv or in app.secretEnv, not in both",
    breaks: ({ extraEnv, secretEnv }) =>
      Object.keys(extraEnv)
        .filter((name) => Object.hasOwn(secretEnv, name) && !ownVariables.includes(name))
        .map((name) => ["extraEnv", name]),
    remedy: (_, broken) => [{ remove: broken }],
  },
];

/** What TMWS 2.4 adds to the config. */
export const tmwsOptions = {
  name: "tmws",
  schema: appOptions,
  complete: completeApp,
  rules: appRules,
  defaults: {
    /** Guide 000, "3.1 Dockerfile Updates": `--interval=30s --timeout=5s --start-period=10s --retries=3`. */
    health: { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
  },
} as const;
