import { alembicOutside, errorsLogged, together } from "../../components/alerts/logged.ts";
import type { EnvValue } from "../../components/app/spec.ts";
import { type OllamaSettings, ollamaOf } from "../../components/ollama/options.ts";
import { ollamaUrl, type SystemOllama } from "../../components/ollama/spec.ts";
import type { System } from "./system.ts";
import type { SharedApp } from "./tmws.shared.options.ts";

/** What the versions of TMWS have in common: variables, secrets, how they find Ollama. */

/** The variables of both guides. */
export function sharedEnvironment(app: SharedApp): Record<string, EnvValue> {
  return {
    TMWS_SECRET_KEY: { secret: "secretKey" },
    TMWS_CORS_ORIGINS: JSON.stringify(app.corsOrigins),
    TMWS_LOG_LEVEL: app.logLevel,
    TMWS_ENVIRONMENT: app.environment,
    TMWS_AUTH_ENABLED: String(app.authEnabled),
    TMWS_RATE_LIMIT_ENABLED: String(app.rateLimitEnabled),
    TMWS_SECURITY_HEADERS_ENABLED: String(app.securityHeadersEnabled),
    TMWS_AUDIT_LOG_ENABLED: String(app.auditLogEnabled),
    TMWS_NAMESPACE_ISOLATION_ENABLED: String(app.namespaceIsolationEnabled),
    ...app.extraEnv,
    ...Object.fromEntries(Object.keys(app.secretEnv).map((name) => [name, { secret: name }])),
  };
}

/** What a version with Ollama has of it, and its workload; without one no variable names it. */
export function withOllama(settings: OllamaSettings): {
  readonly ollama: SystemOllama;
  readonly variables: Record<string, string>;
  readonly workload: { readonly hostGateway?: true };
} {
  const ollama = ollamaOf(settings);
  // Not offered: a stack that never had one gets no volume for its models; one that had it keeps the volume, see keepPartData.
  if (ollama.mode === "off") return { ollama: { mode: "off" }, variables: {}, workload: {} };
  const { mode, model } = ollama;
  const { port } = settings;
  return {
    ollama,
    variables: {
      TMWS_OLLAMA_BASE_URL: ollamaUrl({ mode, port }),
      TMWS_OLLAMA_MODEL: model.name,
    },
    workload: { ...(mode === "native" && { hostGateway: true }) },
  };
}

/** Guide 001, "Logging", and Alembic's words; both versions keep their data in SQLite, which has no connections to lose. */
export const tmwsLogged = together(
  errorsLogged(["app"]),
  alembicOutside(["app"], "guide 000, 10.1: Migration Failed; as guide 004's Key Log Patterns to Watch"),
);

/** The secret key is the stack's whatever its version: an upgrade keeps the API keys. */
export function sharedSecrets({ secretKey: key, secretEnv }: SharedApp): System["secrets"] {
  return {
    secretKey: { source: { kind: "hex", length: 64 }, ...(key && { given: key }) },
    apiKey: { source: { kind: "hmac-sha256", key: "secretKey", text: "api-key" } },
    ...Object.fromEntries(
      Object.entries(secretEnv).map(([name, given]) => [name, { source: { kind: "given" }, given }]),
    ),
  };
}
