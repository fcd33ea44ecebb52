import { describe, expect, test } from "vitest";
import { withValueAt } from "../../components/options/path.ts";
import type { Problem } from "../../infra/config/problem.ts";
import { digest, problemsOf, rawOf, secure, type Tree } from "./config-fixture.ts";

const key = secure("sk-ant-0123456789abcdef");
const good = {
  local: {
    system: "diligence",
    images: "debian",
    image: { build: { context: "test/workloads/diligence" } },
    edge: { domain: "diligence.localhost" },
    app: { anthropicApiKey: key },
  },
  staging: {
    system: "diligence",
    images: "official",
    image: { ref: `ghcr.io/acme/diligence:2.4.0@${digest}` },
    edge: { domain: "diligence.staging.acme.dev", tls: { email: "ops@acme.dev" } },
    app: { anthropicApiKey: key },
  },
  production: {
    system: "diligence",
    images: "official",
    image: { ref: `ghcr.io/acme/diligence:2.4.0@${digest}` },
    edge: { domain: "diligence.acme.dev", tls: { email: "ops@acme.dev" } },
    app: { anthropicApiKey: key },
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

const anthropicKey = "a key of Anthropic: sk-ant- and 8 or more letters, digits, - or _";
const baseUrl =
  "an http or https URL without a slash at its end, a query or a password, such as https://api.anthropic.com";
const hex = "64 hex digits, not all the same";
const token = "32 to 256 letters, digits and . _ ~ -, not all the same";
const own = "a variable that Slipway does not set itself; this one has its own option or a fixed value";
const clear = "a value given with --secret; this one stands in clear: a key that was ever shared must be a new one";
const replace = "; this is a placeholder to be replaced";
const postgres = 'postgres outside a local stack (guide 004, "Prerequisites": SQLite is for local development)';
const one = (what: string) =>
  `1 with app.database sqlite: SQLite has one writer at a time, and ${what} more would wait for it (guide 004, "SQLite (Local Development)")`;

/** Stack, change, path, value shown, allowed. */
const cases: readonly (readonly [Stack, Readonly<Record<string, unknown>>, string, string, string])[] = [
  ["local", { "app.anthropicApiKey": undefined }, "app.anthropicApiKey", "(not set)", anthropicKey],
  ["local", { "app.anthropicApiKey": secure("sk-0123456789abcdef") }, "app.anthropicApiKey", "(secret)", anthropicKey],
  ["local", { "app.anthropicApiKey": secure("sk-ant-...") }, "app.anthropicApiKey", "(secret)", anthropicKey],
  ["local", { "app.anthropicApiKey": secure("sk-ant-short") }, "app.anthropicApiKey", "(secret)", anthropicKey],
  ["local", { "app.anthropicApiKey": secure("sk-ant-your-key-here") }, "app.anthropicApiKey", "(secret)", anthropicKey],
  [
    "local",
    { "app.anthropicApiKey": secure("CHANGE_THIS_KEY") },
    "app.anthropicApiKey",
    "(secret)",
    anthropicKey + replace,
  ],
  ["local", { "app.anthropicApiKey": "sk-ant-0123456789abcdef" }, "app.anthropicApiKey", "(secret)", clear],
  ["local", { "app.anthropicModel": "claude 4" }, "app.anthropicModel", "claude 4", "the name of a model"],
  ["local", { "app.anthropicBaseUrl": "api.anthropic.com" }, "app.anthropicBaseUrl", "api.anthropic.com", baseUrl],
  [
    "local",
    { "app.anthropicBaseUrl": "http://127.0.0.1:8080" },
    "app.anthropicBaseUrl",
    "http://127.0.0.1:8080",
    "a URL that a container can reach: its own localhost is not the host's",
  ],
  [
    "staging",
    { "app.anthropicBaseUrl": "http://llm.acme.dev" },
    "app.anthropicBaseUrl",
    "http://llm.acme.dev",
    "an https URL outside a local stack: the key and the documents go there",
  ],
  ["local", { "app.secretKey": secure("0123456789abcdef") }, "app.secretKey", "(secret)", hex],
  ["local", { "app.secretKey": secure("a".repeat(64)) }, "app.secretKey", "(secret)", hex],
  ["local", { "app.secretKey": secure("<strong-random-key>") }, "app.secretKey", "(secret)", hex + replace],
  ["local", { "app.apiToken": secure("too-short") }, "app.apiToken", "(secret)", token],
  ["production", { "app.environment": "staging" }, "app.environment", "staging", "production on a production stack"],
  ["local", { "app.environment": "prod" }, "app.environment", "prod", "one of development, staging, production"],
  [
    "production",
    { "app.logLevel": "DEBUG" },
    "app.logLevel",
    "DEBUG",
    "INFO, WARNING or ERROR in production: DEBUG writes what users send into the log",
  ],
  ["local", { "app.logLevel": "info" }, "app.logLevel", "info", "one of DEBUG, INFO, WARNING, ERROR"],
  ["staging", { "app.database": "sqlite" }, "app.database", "sqlite", postgres],
  ["production", { "app.database": "sqlite" }, "app.database", "sqlite", postgres],
  ["local", { "app.database": "mysql" }, "app.database", "mysql", "one of postgres, sqlite"],
  ["local", { "app.database": "sqlite", "app.replicas": 3 }, "app.replicas", "3", one("a web process")],
  ["local", { "app.database": "sqlite", "app.workers": 2 }, "app.workers", "2", one("a worker")],
  ["local", { "app.database": "sqlite", "app.maxWorkers": 4 }, "app.maxWorkers", "4", one("a task")],
  ["local", { "app.maxWorkers": 0 }, "app.maxWorkers", "0", "a whole number of tasks from 1 to 16"],
  ["local", { "app.workers": 9 }, "app.workers", "9", "a whole number of workers from 1 to 8"],
  ["local", { "app.replicas": 0 }, "app.replicas", "0", "a whole number of replicas from 1 to 8"],
  ["local", { "app.poolSize": 2.5 }, "app.poolSize", "2.5", "a whole number of connections from 1 to 50"],
  [
    "local",
    { "app.schemaRevision": "003; rm" },
    "app.schemaRevision",
    "003; rm",
    "an Alembic revision: 1 to 32 letters, digits, _ or -",
  ],
  ["local", { "redis.enabled": false }, "redis.enabled", "false", "true: this system cannot run without Redis"],
  ["local", { "app.extraEnv.REDIS_URL": "redis://x" }, "app.extraEnv.REDIS_URL", "redis://x", own],
  ["local", { "app.secretEnv.SECRET_KEY": secure("a-Secret-0") }, "app.secretEnv.SECRET_KEY", "(secret)", own],
];

describe("what the config of the IT Diligence Agent refuses", () => {
  test.each(cases)("%s: %j", (stack, change, path, value, allowed) => {
    expect(problems(stack, change).map((each) => [each.path, each.value, each.allowed])).toEqual([
      [`slipway:${path}`, value, allowed],
    ]);
  });

  test("all at once, each with the command that mends it", () => {
    const found = problems("production", {
      "app.logLevel": "DEBUG",
      "app.environment": "development",
      "app.database": "sqlite",
      "app.replicas": 3,
    });
    expect(found.map(({ mend }) => mend)).toEqual([
      "pulumi config set --path 'slipway:app.environment' production --stack production",
      "pulumi config set --path 'slipway:app.logLevel' INFO --stack production",
      "pulumi config set --path 'slipway:app.database' postgres --stack production",
      "pulumi config set --path 'slipway:app.replicas' 1 --stack production",
    ]);
  });

  test.each(["local", "staging", "production"] as const)("the good one of %s is not refused", (stack) => {
    expect(problems(stack, {})).toEqual([]);
  });

  test("a laptop may have SQLite and http to a model next door", () => {
    const change = { "app.database": "sqlite", "app.anthropicBaseUrl": "http://172.17.0.1:8080" };
    expect(problems("local", change)).toEqual([]);
  });
});
