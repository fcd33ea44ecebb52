import type { z } from "zod";
import { type Environment, environments } from "../../components/options/environment.ts";
import {
  choice,
  integer,
  secretText,
  secretValue,
  text,
  variableName,
  variableValue,
} from "../../components/options/kinds.ts";
import { mapOf, optional, required, section, withDefault } from "../../components/options/option.ts";
import { everywhere, inProduction, type Rule, refuse } from "../../components/options/rule.ts";
import { variableRules } from "./variable-rules.ts";

const version = text((value) => /^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/.test(value), {
  allowed: "a version, such as 2.4.0",
  example: "2.4.0",
});
const revision = text((value) => /^[0-9A-Za-z_-]{1,32}$/.test(value), {
  allowed: "an Alembic revision: 1 to 32 letters, digits, _ or -",
  example: "003",
});

const anthropicKey = secretText((value) => /^sk-ant-(?!your[-_])[A-Za-z0-9_-]{8,256}$/i.test(value), {
  allowed: "a key of Anthropic: sk-ant- and 8 or more letters, digits, - or _",
  example: "sk-ant-0123456789abcdef",
});
const anthropicBaseUrl = text(isBaseUrl, {
  allowed: "an http or https URL without a slash at its end, a query or a password, such as https://api.anthropic.com",
  example: "https://api.anthropic.com",
});
const anthropicModel = text((value) => /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/.test(value), {
  allowed: "the name of a model",
  example: "claude-sonnet-4-5",
});

function isBaseUrl(value: string): boolean {
  return /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*[^\s/@?#])?$/.test(value) && URL.canParse(value);
}

const secretKey = secretText((value) => /^[0-9a-f]{64}$/.test(value), {
  allowed: "64 hex digits, not all the same",
  example: "0123456789abcdef".repeat(4),
  generate: "openssl rand -hex 32",
});
const apiToken = secretText((value) => /^[A-Za-z0-9._~-]{32,256}$/.test(value), {
  allowed: "32 to 256 letters, digits and . _ ~ -, not all the same",
  example: "0123456789abcdef".repeat(4),
  generate: "openssl rand -hex 32",
});

const appOptions = section({
  version: withDefault("Version that the image's /api/health must report.", version, "2.4.0"),
  schemaRevision: withDefault("Revision of the database schema that this version needs.", revision, "003"),
  database: withDefault(
    "Where the rows are: postgres, or sqlite on a local stack. A change does not move them.",
    choice(["postgres", "sqlite"]),
    "postgres",
  ),
  replicas: optional("Web processes.", integer(1, 8, "replicas", 3), "3; with sqlite 1"),
  workers: optional("Celery workers, each with maxWorkers tasks at a time.", integer(1, 8, "workers", 1), "1"),
  maxWorkers: optional(
    "MAX_WORKERS: tasks that a Celery worker does at a time.",
    integer(1, 16, "tasks", 4),
    "4; with sqlite 1",
  ),
  poolSize: withDefault(
    "DATABASE_POOL_SIZE: connections to PostgreSQL of each web process; a release in overlap has them twice.",
    integer(1, 50, "connections", 5),
    5,
  ),
  environment: withDefault(
    "FLASK_ENV: what the app itself enforces.",
    choice(["development", "staging", "production"], "production"),
    "production",
  ),
  logLevel: withDefault("LOG_LEVEL.", choice(["DEBUG", "INFO", "WARNING", "ERROR"], "INFO"), "INFO"),
  secretKey: optional("SECRET_KEY: signs the sessions.", secretKey, "generated once per stack"),
  apiToken: optional("API_TOKEN: the bearer token of the API.", apiToken, "generated once per stack"),
  anthropicApiKey: required("ANTHROPIC_API_KEY.", anthropicKey),
  anthropicModel: withDefault("ANTHROPIC_MODEL.", anthropicModel, "claude-sonnet-4-5"),
  anthropicBaseUrl: withDefault(
    "ANTHROPIC_BASE_URL: where the API is; http only on a local stack.",
    anthropicBaseUrl,
    "https://api.anthropic.com",
  ),
  extraEnv: mapOf("Further variables of the app.", variableName, required("Value of the variable.", variableValue)),
  secretEnv: mapOf(
    "Further secret variables of the app.",
    variableName,
    required("Secret value of the variable.", secretValue),
  ),
});

type Given = z.output<typeof appOptions>;
type Count = "replicas" | "workers" | "maxWorkers";
export type DiligenceApp = Omit<Given, Count> & Readonly<Record<Count, number>>;

/** Variables that Slipway itself gives the app (guide 004, "Environment Variables"): another way to set one would leave unclear which holds. */
export const ownVariables: readonly string[] = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "ANTHROPIC_MODEL",
  "API_TOKEN",
  "CELERY_TASK_TIME_LIMIT",
  "DATABASE_POOL_SIZE",
  "DATABASE_URL",
  "FLASK_APP",
  "FLASK_ENV",
  "LOG_LEVEL",
  "MAX_WORKERS",
  "REDIS_URL",
  "SECRET_KEY",
];

const beyondLocal: readonly Environment[] = environments.filter((one) => one !== "local");

const isThisMachine = (url: string) =>
  URL.canParse(url) && /(^|\.)localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$|^0\.0\.0\.0$/.test(new URL(url).hostname);

/** Guide 004, "SQLite (Local Development)": its one file takes one writer of each kind. */
const oneOf = (key: Count, what: string): Rule<DiligenceApp> => ({
  in: everywhere,
  allowed: `1 with app.database sqlite: SQLite has one writer at a time, and ${what} more would wait for it (guide 004, "SQLite (Local Development)")`,
  reads: [["database"]],
  breaks: (app) => (app.database === "sqlite" && app[key] > 1 ? [[key]] : []),
  remedy: () => [{ set: [key], to: 1 }],
});

const appRules: readonly Rule<DiligenceApp>[] = [
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
    "INFO, WARNING or ERROR in production: DEBUG writes what users send into the log",
    "INFO",
  ),
  refuse(
    beyondLocal,
    "database",
    (kind) => kind === "sqlite",
    'postgres outside a local stack (guide 004, "Prerequisites": SQLite is for local development)',
    "postgres",
  ),
  oneOf("replicas", "a web process"),
  oneOf("workers", "a worker"),
  oneOf("maxWorkers", "a task"),
  refuse(
    beyondLocal,
    "anthropicBaseUrl",
    (url) => url.startsWith("http://"),
    "an https URL outside a local stack: the key and the documents go there",
    "https://api.anthropic.com",
  ),
  refuse(
    everywhere,
    "anthropicBaseUrl",
    isThisMachine,
    "a URL that a container can reach: its own localhost is not the host's",
    "https://api.anthropic.com",
  ),
  ...variableRules(ownVariables),
];

/** What the IT Diligence Agent adds to the config. */
export const diligenceOptions = {
  schema: appOptions,
  complete: (app: Given): DiligenceApp => ({
    ...app,
    replicas: app.replicas ?? (app.database === "sqlite" ? 1 : 3),
    workers: app.workers ?? 1,
    maxWorkers: app.maxWorkers ?? (app.database === "sqlite" ? 1 : 4),
  }),
  rules: appRules,
  needsRedis: true,
  defaults: {
    /** The guide has no timings but the half minute that it waits for each web server; those of guide 000's check, more often. */
    health: { intervalSeconds: 10, timeoutSeconds: 5, startPeriodSeconds: 30, retries: 3 },
  },
} as const;
