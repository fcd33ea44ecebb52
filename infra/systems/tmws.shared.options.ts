import type { Model } from "../../components/ollama/spec.ts";
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
import { mapOf, optional, required, withDefault } from "../../components/options/option.ts";
import { inProduction, type Rule, refuse } from "../../components/options/rule.ts";
import type { Secret } from "../../components/options/secret.ts";

/** The options that the versions of TMWS have in common: one product, one list of what production must not do (guide 001, "Security Configuration"). */

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
  return /^https?:\/\/[a-z0-9.:[\]-]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

const version = (example: string) =>
  text((value) => /^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/.test(value), {
    allowed: `a version, such as ${example}`,
    example,
  });
const revision = (example: string) =>
  text((value) => /^[0-9A-Za-z_-]{1,32}$/.test(value), {
    allowed: "an Alembic revision: 1 to 32 letters, digits, _ or -",
    example,
  });

/** Refused on every platform: a second process would be a second writer. */
const one = {
  ...integer(1, 1, "replicas", 1),
  allowed: "1: SQLite is not designed for horizontal scaling, it has one writer (guide 001, Scaling)",
};

const logLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;

/** Which release of the product this is. */
export function releaseOptions(wanted: { readonly version: string; readonly schemaRevision: string }) {
  return {
    version: withDefault("Version that the image's /health must report.", version(wanted.version), wanted.version),
    schemaRevision: withDefault(
      "Revision of the database schema that this version needs.",
      revision(wanted.schemaRevision),
      wanted.schemaRevision,
    ),
    replicas: withDefault("Processes that answer.", one, 1),
    secretKey: optional("TMWS_SECRET_KEY: signs the API keys.", secretKey, "generated once per stack"),
  };
}

export const apiOptions = {
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
};

export const securityOptions = {
  authEnabled: withDefault("TMWS_AUTH_ENABLED.", flag, true),
  rateLimitEnabled: withDefault("TMWS_RATE_LIMIT_ENABLED: protects from floods of requests.", flag, true),
  securityHeadersEnabled: withDefault("TMWS_SECURITY_HEADERS_ENABLED: OWASP's headers.", flag, true),
  auditLogEnabled: withDefault("TMWS_AUDIT_LOG_ENABLED: who did what.", flag, true),
  namespaceIsolationEnabled: withDefault("TMWS_NAMESPACE_ISOLATION_ENABLED: tenants see only their own.", flag, true),
};

export const variableOptions = {
  extraEnv: mapOf("Further variables of the app.", variableName, required("Value of the variable.", variableValue)),
  secretEnv: mapOf(
    "Further secret variables of the app.",
    variableName,
    required("Secret value of the variable.", secretValue),
  ),
};

/** Fills in the default that depends on the edge. */
export function completeApp<App extends { readonly corsOrigins?: string[] | undefined }>(app: App, edgeOrigin: string) {
  return { ...app, corsOrigins: app.corsOrigins ?? [edgeOrigin] };
}

/** What every version's options have. */
export interface SharedApp {
  readonly corsOrigins: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  readonly environment: string;
  readonly authEnabled: boolean;
  readonly rateLimitEnabled: boolean;
  readonly securityHeadersEnabled: boolean;
  readonly auditLogEnabled: boolean;
  readonly namespaceIsolationEnabled: boolean;
  readonly secretKey?: Secret | undefined;
  readonly extraEnv: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, Secret>>;
}

function originsThat(isWrong: (origin: string) => boolean) {
  return ({ corsOrigins }: SharedApp) =>
    corsOrigins.flatMap((each, place) => (isWrong(each) ? [["corsOrigins", place]] : []));
}

const isThisMachine = (each: string) =>
  URL.canParse(each) && /(^|\.)localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$|^0\.0\.0\.0$/.test(new URL(each).hostname);

const switches = [
  "authEnabled",
  "rateLimitEnabled",
  "securityHeadersEnabled",
  "auditLogEnabled",
  "namespaceIsolationEnabled",
] as const;

/** Guide 001, "Essential Security Checklist", as a table. */
export const securityRules: readonly Rule<SharedApp>[] = [
  ...switches.map((key) =>
    refuse<SharedApp, typeof key>(
      inProduction,
      key,
      (on) => !on,
      "true in production (guide 001, Essential Security Checklist)",
      true,
    ),
  ),
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
    breaks: originsThat((each) => each === "*"),
  },
  {
    in: inProduction,
    allowed: "in production no origin on one's own machine",
    breaks: originsThat(isThisMachine),
  },
  {
    in: inProduction,
    allowed: "in production https origins only: a plain http page can be changed on its way",
    breaks: originsThat((each) => each.startsWith("http://") && !isThisMachine(each)),
  },
];

/** Variables that Slipway itself gives every version: another way to set one would leave unclear which holds. */
export const sharedVariables: readonly string[] = [
  "TMWS_DATABASE_URL",
  "TMWS_SECRET_KEY",
  "TMWS_CORS_ORIGINS",
  "TMWS_LOG_LEVEL",
  "TMWS_ENVIRONMENT",
  "TMWS_OLLAMA_BASE_URL",
  "TMWS_OLLAMA_MODEL",
  "TMWS_AUTH_ENABLED",
  "TMWS_RATE_LIMIT_ENABLED",
  "TMWS_SECURITY_HEADERS_ENABLED",
  "TMWS_AUDIT_LOG_ENABLED",
  "TMWS_NAMESPACE_ISOLATION_ENABLED",
  // Whose X-Forwarded-For uvicorn believes: set wide open, every client could forge its address past the rate limit.
  "FORWARDED_ALLOW_IPS",
];

/** Guide 001, "Overview" and "Architecture": the model that 2.3.1 needs, and a 2.4 that came from it. */
export const embeddingModel: Model = { name: "zylonai/multilingual-e5-large", dimensions: 1024 };
