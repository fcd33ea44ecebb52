import { describe, expect, test } from "vitest";
import { withValueAt } from "../../components/options/path.ts";
import type { Problem } from "../../infra/config/problem.ts";
import { digest, problemsOf, rawOf, secure, type Tree } from "./config-fixture.ts";

const good = {
  local: {
    system: "tmws-2.3",
    images: "debian",
    image: { build: { context: "test/workloads/tmws-2.3" } },
    edge: { domain: "tmws.localhost" },
  },
  production: {
    system: "tmws-2.3",
    images: "official",
    image: { ref: `ghcr.io/acme/tmws:2.3.1@${digest}` },
    edge: { domain: "tmws.acme.dev", tls: { email: "ops@acme.dev" } },
  },
} as const;

type Stack = keyof typeof good;

function problems(stack: Stack, changes: Readonly<Record<string, unknown>>): readonly Problem[] {
  const whole = Object.entries(changes).reduce<unknown>(
    (tree, [path, value]) => withValueAt(tree, path.split("."), value),
    good[stack],
  );
  return problemsOf(rawOf(stack, whole as Tree));
}

const oneWriter = "1: SQLite is not designed for horizontal scaling, it has one writer (guide 001, Scaling)";
const checklist = "true in production (guide 001, Essential Security Checklist)";
const secretKey = "64 hex digits, not all the same";
const levels = "one of DEBUG, INFO, WARNING, ERROR, CRITICAL";
const revision = "an Alembic revision: 1 to 32 letters, digits, _ or -";
const origin = "an origin, https://host or https://host:port in lower case, without a path and without :443";
const own = "a variable that Slipway does not set itself; this one has its own option or a fixed value";
const clear = "a value given with --secret; this one stands in clear: a key that was ever shared must be a new one";
const replace = "; this is a placeholder to be replaced";
const secretText = "a secret text of 8 characters or more, not all the same";

/** Stack, change, path, value shown, allowed. */
const cases: readonly (readonly [Stack, Readonly<Record<string, unknown>>, string, string, string])[] = [
  ["local", { "app.replicas": 2 }, "app.replicas", "2", oneWriter],
  ["production", { "app.replicas": 3 }, "app.replicas", "3", oneWriter],
  ["local", { "app.replicas": 0 }, "app.replicas", "0", oneWriter],
  ["local", { "app.dbPoolSize": 0 }, "app.dbPoolSize", "0", "a whole number of connections from 1 to 100"],
  ["local", { "app.dbPoolSize": "many" }, "app.dbPoolSize", "many", "a whole number of connections from 1 to 100"],
  ["local", { "app.dbMaxOverflow": -1 }, "app.dbMaxOverflow", "-1", "a whole number of connections from 0 to 200"],
  ["local", { "app.secretKey": secure("0123456789abcdef") }, "app.secretKey", "(secret)", secretKey],
  ["local", { "app.secretKey": secure("a".repeat(64)) }, "app.secretKey", "(secret)", secretKey],
  ["local", { "app.secretKey": "0123456789abcdef".repeat(4) }, "app.secretKey", "(secret)", clear],
  [
    "local",
    { "app.secretKey": secure("your_generated_64_character_hex_string") },
    "app.secretKey",
    "(secret)",
    secretKey + replace,
  ],
  ["local", { "app.logLevel": "TRACE" }, "app.logLevel", "TRACE", levels],
  [
    "production",
    { "app.logLevel": "DEBUG" },
    "app.logLevel",
    "DEBUG",
    "INFO, WARNING, ERROR or CRITICAL in production: DEBUG may print secrets",
  ],
  [
    "production",
    { "app.environment": "development" },
    "app.environment",
    "development",
    "production on a production stack",
  ],
  ["local", { "app.environment": "prod" }, "app.environment", "prod", "one of development, test, staging, production"],
  ["production", { "app.authEnabled": false }, "app.authEnabled", "false", checklist],
  ["production", { "app.rateLimitEnabled": false }, "app.rateLimitEnabled", "false", checklist],
  ["production", { "app.securityHeadersEnabled": false }, "app.securityHeadersEnabled", "false", checklist],
  ["production", { "app.auditLogEnabled": false }, "app.auditLogEnabled", "false", checklist],
  ["production", { "app.namespaceIsolationEnabled": false }, "app.namespaceIsolationEnabled", "false", checklist],
  [
    "production",
    { "app.corsOrigins": ["*"] },
    "app.corsOrigins[0]",
    "*",
    "in production the origins by name, never *: any web page could call the API",
  ],
  [
    "production",
    // The guide's own example.
    { "app.corsOrigins": ["http://localhost:3000"] },
    "app.corsOrigins[0]",
    "http://localhost:3000",
    "in production no origin on one's own machine",
  ],
  [
    "production",
    { "app.corsOrigins": ["http://app.acme.dev"] },
    "app.corsOrigins[0]",
    "http://app.acme.dev",
    "in production https origins only: a plain http page can be changed on its way",
  ],
  ["local", { "app.corsOrigins": ["https://a.dev/"] }, "app.corsOrigins[0]", "https://a.dev/", origin],
  ["local", { "app.schemaRevision": "315d; rm" }, "app.schemaRevision", "315d; rm", revision],
  ["local", { "app.version": "2.3" }, "app.version", "2.3", "a version, such as 2.3.1"],
  ["local", { "app.extraEnv.TMWS_DB_POOL_SIZE": "50" }, "app.extraEnv.TMWS_DB_POOL_SIZE", "50", own],
  [
    "local",
    { "app.extraEnv.TMWS_OLLAMA_BASE_URL": "http://gpu:11434" },
    "app.extraEnv.TMWS_OLLAMA_BASE_URL",
    "http://gpu:11434",
    own,
  ],
  [
    "local",
    { "app.secretEnv.TMWS_SECRET_KEY": secure("a-Secret-0") },
    "app.secretEnv.TMWS_SECRET_KEY",
    "(secret)",
    own,
  ],
  [
    "local",
    { "ollama.mode": "off" },
    "ollama.mode",
    "off",
    "native or container: this system cannot run without Ollama",
  ],
  ["local", { "ollama.mode": "host" }, "ollama.mode", "host", "one of off, native, container"],
  ["local", { "ollama.port": 11434 }, "ollama.port", "11434", "set for mode native alone"],
  ["local", { "app.secretEnv.OTHER": secure("short") }, "app.secretEnv.OTHER", "(secret)", secretText],
];

test("TMWS 2.4 may have Ollama, as one that came from 2.3.1 does", () => {
  const config = { ...good.local, system: "tmws" };
  for (const mode of ["off", "native", "container"])
    expect(problemsOf(rawOf("local", { ...config, ollama: { mode } }))).toEqual([]);
});

describe("what the config of TMWS 2.3.1 refuses", () => {
  test.each(cases)("%s: %j", (stack, change, path, value, allowed) => {
    expect(problems(stack, change).map((each) => [each.path, each.value, each.allowed])).toEqual([
      [`slipway:${path}`, value, allowed],
    ]);
  });

  test("all at once, each with the command that mends it", () => {
    const found = problems("production", { "app.replicas": 2, "app.authEnabled": false, "app.logLevel": "DEBUG" });
    expect(found.map(({ mend }) => mend)).toEqual([
      "pulumi config set --path 'slipway:app.replicas' 1 --stack production",
      "pulumi config set --path 'slipway:app.authEnabled' true --stack production",
      "pulumi config set --path 'slipway:app.logLevel' INFO --stack production",
    ]);
  });

  test("an option of the newer version is none of this one", () => {
    expect(problems("local", { "app.licenseApi": "public" }).map(({ path }) => path)).toEqual([
      "slipway:app.licenseApi",
    ]);
  });

  test.each(["local", "production"] as const)("the good one of %s is not refused", (stack) => {
    expect(problems(stack, {})).toEqual([]);
  });
});

test("TMWS 2.4 has one writer as well", () => {
  const config = { ...good.local, system: "tmws", app: { replicas: 2 } };
  expect(problemsOf(rawOf("local", config)).map(({ path, allowed }) => [path, allowed])).toEqual([
    ["slipway:app.replicas", oneWriter],
  ]);
});
