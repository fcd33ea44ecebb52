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
import { variableRules } from "./variable-rules.ts";

/** "System Default" (guide 002, "3.2 Create Default System Project"), which the first migration makes: the same in every database. */
export const systemProjectId = "a1d15000-0000-4000-8000-000000000001";

const version = text((value) => /^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/.test(value), {
  allowed: "a version, such as 1.0.0",
  example: "1.0.0",
});

const revision = text((value) => /^\d{4}_[a-z0-9_]{1,59}$/.test(value), {
  allowed: "a migration: four digits, _ and small letters, digits or _",
  example: "0002_context_source",
});

const uuid = text((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value), {
  allowed: "a UUID in small letters",
  example: systemProjectId,
});

const jwtSecret = secretText((value) => /^[\x21-\x7e]{32,512}$/.test(value), {
  allowed: "32 to 512 printable characters without blanks, not all the same",
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

const logFile = text((value) => /^\/tmp\/[A-Za-z0-9._-]{1,100}$/.test(value), {
  allowed: "a file of /tmp, the only place that the container may write to",
  example: "/tmp/production.log",
});

const milliseconds = (min: number, max: number, example: number) => integer(min, max, "milliseconds", example);
const logLevels = ["debug", "info", "warn", "error"] as const;
const nodeEnvs = ["development", "test", "staging", "production"] as const;

/** Guide 002, "4.1 Create Production Environment File"; its defaults but for DATABASE_SSL, which contradicts its own `ssl = on`. */
const schema = section({
  version: withDefault("Version that the server must answer to ping.", version, "1.0.0"),
  schemaRevision: withDefault("Migration that this version needs.", revision, "0002_context_source"),
  replicas: withDefault("Servers that answer at the same time.", integer(1, 8, "replicas", 2), 2),
  databaseMaxConnections: withDefault(
    "DATABASE_MAX_CONNECTIONS: the pool of one server.",
    integer(1, 90, "connections", 20),
    20,
  ),
  databaseSsl: withDefault("DATABASE_SSL: TLS to PostgreSQL, its certificate verified.", flag, true),
  sessionTimeout: withDefault(
    "SESSION_TIMEOUT: life of a session that nobody uses.",
    milliseconds(60_000, 604_800_000, 28_800_000),
    28_800_000,
  ),
  maxConcurrentSessions: withDefault("MAX_CONCURRENT_SESSIONS: of one user.", integer(1, 10_000, "sessions", 10), 10),
  sessionPersistenceInterval: withDefault(
    "SESSION_PERSISTENCE_INTERVAL: how often the use of sessions is written down.",
    milliseconds(100, 3_600_000, 30_000),
    30_000,
  ),
  defaultProjectId: withDefault(
    "DEFAULT_PROJECT_ID: project of a session that names none; System Default.",
    uuid,
    systemProjectId,
  ),
  maxProjectsPerUser: withDefault("MAX_PROJECTS_PER_USER.", integer(1, 100_000, "projects", 50), 50),
  autoCreateProjects: withDefault(
    "AUTO_CREATE_PROJECTS: a project that a session or a switch names comes to be.",
    flag,
    true,
  ),
  enableAnalytics: withDefault("ENABLE_ANALYTICS: analyses of patterns, metrics, code and complexity.", flag, true),
  metricsCollectionInterval: withDefault(
    "METRICS_COLLECTION_INTERVAL: between two samples of a project.",
    milliseconds(100, 3_600_000, 60_000),
    60_000,
  ),
  patternDetectionEnabled: withDefault("PATTERN_DETECTION_ENABLED.", flag, true),
  logLevel: withDefault("LOG_LEVEL.", choice(logLevels, "info"), "info"),
  logFile: optional("LOG_FILE: a file in memory that takes the log.", logFile, "standard output"),
  enableCors: withDefault("ENABLE_CORS: web pages of the allowed origins may call.", flag, true),
  allowedOrigins: optional(
    "ALLOWED_ORIGINS: web pages that may call.",
    list(origin, "a list of origins, https://host or https://host:port"),
    "the edge's own origin",
  ),
  jwtSecret: optional("JWT_SECRET: signs the tokens of sessions.", jwtSecret, "generated once per stack"),
  nodeEnv: withDefault("NODE_ENV: what the server itself enforces.", choice(nodeEnvs, "production"), "production"),
  extraEnv: mapOf("Further variables of the server.", variableName, required("Value of the variable.", variableValue)),
  secretEnv: mapOf(
    "Further secret variables of the server.",
    variableName,
    required("Secret value of the variable.", secretValue),
  ),
});

function complete(app: z.output<typeof schema>, edgeOrigin: string) {
  return { ...app, allowedOrigins: app.allowedOrigins ?? [edgeOrigin] };
}

export type AidisApp = ReturnType<typeof complete>;

/** Variables that Slipway itself gives the server: another way to set one would leave unclear which holds. */
export const ownVariables: readonly string[] = [
  "DATABASE_URL",
  "DATABASE_MAX_CONNECTIONS",
  "DATABASE_SSL",
  "SESSION_TIMEOUT",
  "MAX_CONCURRENT_SESSIONS",
  "SESSION_PERSISTENCE_INTERVAL",
  "DEFAULT_PROJECT_ID",
  "MAX_PROJECTS_PER_USER",
  "AUTO_CREATE_PROJECTS",
  "ENABLE_ANALYTICS",
  "METRICS_COLLECTION_INTERVAL",
  "PATTERN_DETECTION_ENABLED",
  "LOG_LEVEL",
  "LOG_FILE",
  "ENABLE_CORS",
  "ALLOWED_ORIGINS",
  "JWT_SECRET",
  "NODE_ENV",
  "DRAIN_SECONDS",
  // A file of variables beside these would be one more way to set them.
  "ENV_FILE",
  // Would let every certificate pass.
  "NODE_TLS_REJECT_UNAUTHORIZED",
];

function originsThat(isWrong: (origin: string) => boolean) {
  return ({ allowedOrigins }: AidisApp) =>
    allowedOrigins.flatMap((one, place) => (isWrong(one) ? [["allowedOrigins", place]] : []));
}

const isThisMachine = (one: string) =>
  URL.canParse(one) && /(^|\.)localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$|^0\.0\.0\.0$/.test(new URL(one).hostname);

const rules: readonly Rule<AidisApp>[] = [
  refuse(
    everywhere,
    "databaseSsl",
    (on) => !on,
    "true: the stack's PostgreSQL has ssl = on (guide 002, Database Security)",
    true,
  ),
  refuse(inProduction, "nodeEnv", (word) => word !== "production", "production on a production stack", "production"),
  refuse(
    inProduction,
    "logLevel",
    (level) => level === "debug",
    "info, warn or error in production: debug logs every request",
    "info",
  ),
  {
    in: inProduction,
    allowed: "in production the origins by name, never *: any web page could call the server",
    breaks: originsThat((one) => one === "*"),
  },
  {
    in: inProduction,
    allowed: "in production no origin on one's own machine, whatever guide 002's example says",
    breaks: originsThat(isThisMachine),
  },
  {
    in: inProduction,
    allowed: "in production https origins only: a plain http page can be changed on its way",
    breaks: originsThat((one) => one.startsWith("http://") && !isThisMachine(one)),
  },
  {
    in: everywhere,
    allowed: "less than app.sessionTimeout: a session in use would time out before its use is written down",
    reads: [["sessionTimeout"], ["sessionPersistenceInterval"]],
    breaks: ({ sessionTimeout, sessionPersistenceInterval }) =>
      sessionPersistenceInterval < sessionTimeout ? [] : [["sessionPersistenceInterval"]],
  },
  ...variableRules(ownVariables),
];

/** What AIDIS adds to the config. */
export const aidisOptions = {
  schema,
  complete,
  rules,
  defaults: {
    // The guide's systemd unit checks nothing; its RestartSec is 10.
    health: { intervalSeconds: 10, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
  },
} as const;
