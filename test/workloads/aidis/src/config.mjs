/** The environment, read once and strictly; ENV_FILE first, variables of the process win. A bad value ends the start with one line that names it. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** One variable, what is wrong with it, what is allowed. Never a secret's value. */
export class ConfigError extends Error {}

export const systemProjectId = "a1d15000-0000-4000-8000-000000000001";
const levels = ["debug", "info", "warn", "error"];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The process's variables over those of ENV_FILE. */
export function environment(variables = process.env) {
  const file = variables["ENV_FILE"];
  if (!file) return variables;
  try {
    return { ...parseEnv(readFileSync(file, "utf8")), ...variables };
  } catch (error) {
    throw new ConfigError(`ENV_FILE=${file}: ${error.code ?? error.message}`);
  }
}

function integer(env, name, fallback, low, high) {
  const value = env[name] ?? String(fallback);
  if (!/^\d{1,10}$/.test(value) || Number(value) < low || Number(value) > high)
    throw new ConfigError(`${name}=${value}: allowed is a whole number from ${low} to ${high}`);
  return Number(value);
}

function flag(env, name, fallback) {
  const value = env[name] ?? String(fallback);
  if (value !== "true" && value !== "false") throw new ConfigError(`${name}=${value}: allowed is true or false`);
  return value === "true";
}

function word(env, name, fallback, allowed) {
  const value = env[name] ?? fallback;
  if (!allowed.includes(value)) throw new ConfigError(`${name}=${value}: allowed is one of ${allowed.join(", ")}`);
  return value;
}

/** What node-pg takes. TLS is said twice, in DATABASE_SSL and in the URL's sslmode: they must agree. */
export function databaseOf(env) {
  const text = env["DATABASE_URL"] ?? "";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2)
    throw new ConfigError("DATABASE_URL: allowed is postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
  const mode = url.searchParams.get("sslmode");
  const secured = mode !== null && mode !== "disable";
  // A migration's session has the URL alone.
  const ssl = env["DATABASE_SSL"] === undefined ? secured : flag(env, "DATABASE_SSL", false);
  if (ssl && mode !== "verify-full")
    throw new ConfigError(
      "DATABASE_SSL=true: DATABASE_URL must carry sslmode=verify-full, so that the server's certificate is verified",
    );
  if (!ssl && secured) throw new ConfigError(`DATABASE_SSL=false: DATABASE_URL asks for TLS by sslmode=${mode}`);
  return { connectionString: text, max: integer(env, "DATABASE_MAX_CONNECTIONS", 20, 1, 200) };
}

function jwtSecret(env, nodeEnv) {
  const given = env["JWT_SECRET"];
  if (given !== undefined && given.length < 32) throw new ConfigError("JWT_SECRET: allowed are 32 characters or more");
  if (given === undefined && nodeEnv === "production") throw new ConfigError("JWT_SECRET: required in production");
  return given ?? randomBytes(32).toString("hex");
}

function originsOf(env) {
  const origins = (env["ALLOWED_ORIGINS"] ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  for (const origin of origins)
    if (origin !== "*" && !(URL.canParse(origin) && new URL(origin).origin === origin))
      throw new ConfigError(
        `ALLOWED_ORIGINS: ${origin} is no origin; allowed are https://HOST[:PORT], parted by commas`,
      );
  return origins;
}

function defaultProject(env) {
  const id = env["DEFAULT_PROJECT_ID"] ?? systemProjectId;
  if (!uuid.test(id)) throw new ConfigError(`DEFAULT_PROJECT_ID=${id}: allowed is a UUID in small letters`);
  return id;
}

/** Times in milliseconds, as the guide has them; `drainSeconds` in seconds. */
export function settingsOf(env = environment()) {
  const nodeEnv = word(env, "NODE_ENV", "production", ["development", "test", "staging", "production"]);
  return {
    version: env["AIDIS_VERSION"] ?? "1.0.0",
    usesSource: env["AIDIS_SCHEMA"] !== "0001_base",
    nodeEnv,
    database: databaseOf(env),
    sessionTimeout: integer(env, "SESSION_TIMEOUT", 28_800_000, 1_000, 604_800_000),
    maxSessions: integer(env, "MAX_CONCURRENT_SESSIONS", 10, 1, 10_000),
    persistenceInterval: integer(env, "SESSION_PERSISTENCE_INTERVAL", 30_000, 100, 3_600_000),
    defaultProjectId: defaultProject(env),
    maxProjects: integer(env, "MAX_PROJECTS_PER_USER", 50, 1, 100_000),
    autoCreateProjects: flag(env, "AUTO_CREATE_PROJECTS", true),
    analytics: flag(env, "ENABLE_ANALYTICS", true),
    metricsInterval: integer(env, "METRICS_COLLECTION_INTERVAL", 60_000, 100, 3_600_000),
    patterns: flag(env, "PATTERN_DETECTION_ENABLED", true),
    logLevel: word(env, "LOG_LEVEL", "info", levels),
    logFile: env["LOG_FILE"] || undefined,
    cors: flag(env, "ENABLE_CORS", true),
    origins: originsOf(env),
    jwtSecret: jwtSecret(env, nodeEnv),
    drainSeconds: integer(env, "DRAIN_SECONDS", 20, 1, 3_600),
  };
}
