import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import { aidisApp } from "../fixtures/aidis.ts";
import { changed, expected, type GoodStack, problemsOf, rawOf, secure } from "./config-fixture.ts";

type Change = Readonly<Record<string, unknown>>;
/** One broken value: path, value put in, value shown, allowed, mend. */
type Case = readonly [string, unknown, string, string, string];

const trueOrFalse = "true or false";
const askOrigin = "set '<https://host>'";
const origin = "an origin, https://host or https://host:port in lower case, without a path and without :443";
const ownMachine = "in production no origin on one's own machine, whatever guide 002's example says";
const ownVariable = "a variable that Slipway does not set itself; this one has its own option or a fixed value";
const secret = "32 to 512 printable characters without blanks, not all the same";
const generated = (key: string) =>
  `openssl rand -hex 32 | pulumi config set --path 'slipway:${key}' --secret --stack local`;
const milliseconds = (from: number, to: number) => `a whole number of milliseconds from ${from} to ${to}`;

const good = (stack: GoodStack, changes: Change = {}) => rawOf(stack, changed(stack, { system: "aidis", ...changes }));

test("a good config has every default of guide 002, 4.1", () => {
  const reading = readSettings(good("local", { "edge.domain": "aidis.localhost" }));
  expect("settings" in reading ? reading.settings.app : reading.problems).toEqual(aidisApp);
  expect("settings" in reading && reading.settings.health).toEqual({
    intervalSeconds: 10,
    timeoutSeconds: 5,
    startPeriodSeconds: 10,
    retries: 3,
  });
});

test.each(["staging", "production"] as const)("a good config of %s", (stack) => {
  expect(problemsOf(good(stack))).toEqual([]);
});

const shapes: readonly Case[] = [
  ["app.version", "latest", "latest", "a version, such as 1.0.0", "set 1.0.0"],
  [
    "app.schemaRevision",
    "head",
    "head",
    "a migration: four digits, _ and small letters, digits or _",
    "set 0002_context_source",
  ],
  ["app.replicas", 0, "0", "a whole number of replicas from 1 to 8", "set 2"],
  ["app.databaseMaxConnections", 0, "0", "a whole number of connections from 1 to 90", "set 20"],
  ["app.databaseMaxConnections", "many", "many", "a whole number of connections from 1 to 90", "set 20"],
  ["app.databaseSsl", "require", "require", trueOrFalse, "set true"],
  ["app.sessionTimeout", "8h", "8h", milliseconds(60_000, 604_800_000), "set 28800000"],
  ["app.sessionTimeout", 59_999, "59999", milliseconds(60_000, 604_800_000), "set 28800000"],
  ["app.maxConcurrentSessions", -1, "-1", "a whole number of sessions from 1 to 10000", "set 10"],
  ["app.sessionPersistenceInterval", 10, "10", milliseconds(100, 3_600_000), "set 30000"],
  [
    "app.defaultProjectId",
    "System Default",
    "System Default",
    "a UUID in small letters",
    "set a1d15000-0000-4000-8000-000000000001",
  ],
  ["app.maxProjectsPerUser", 0, "0", "a whole number of projects from 1 to 100000", "set 50"],
  ["app.autoCreateProjects", "yes", "yes", trueOrFalse, "set true"],
  ["app.enableAnalytics", 1, "1", trueOrFalse, "set true"],
  ["app.metricsCollectionInterval", 1.5, "1.5", milliseconds(100, 3_600_000), "set 60000"],
  ["app.patternDetectionEnabled", "on", "on", trueOrFalse, "set true"],
  ["app.logLevel", "INFO", "INFO", "one of debug, info, warn, error", "set info"],
  [
    "app.logFile",
    "/home/ridgetop/aidis/logs/production.log",
    "/home/ridgetop/aidis/logs/production.log",
    "a file of /tmp, the only place that the container may write to",
    "set /tmp/production.log",
  ],
  ["app.enableCors", "yes", "yes", trueOrFalse, "set true"],
  ["app.nodeEnv", "prod", "prod", "one of development, test, staging, production", "set production"],
  ["app.extraEnv.lower", "x", 'the key "lower"', "a name of capitals, digits and _ that begins with a letter", "rm"],
  ["app.jwtSecret", secure("too-short"), "(secret)", secret, generated("app.jwtSecret")],
  ["app.jwtSecret", secure("a".repeat(64)), "(secret)", secret, generated("app.jwtSecret")],
];

describe("what is no value of an option", () => {
  test.each(shapes)("%s: %j", (path, value, shown, allowed, mend) => {
    expect(problemsOf(good("local", { [path]: value }))).toEqual([expected("local", path, shown, allowed, mend)]);
  });

  test("an option of another system", () => {
    const [problem, ...others] = problemsOf(good("local", { "app.licenseApi": "off" }));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      path: "slipway:app.licenseApi",
      mend: "pulumi config rm --path 'slipway:app.licenseApi' --stack local",
    });
  });

  test("an origin that is none", () => {
    const problems = problemsOf(good("local", { "app.allowedOrigins": ["https://a.dev", "a.dev"] }));
    expect(problems).toEqual([expected("local", "app.allowedOrigins[1]", "a.dev", origin, askOrigin)]);
  });

  test("the guide's placeholders", () => {
    const problems = problemsOf(
      good("local", {
        "app.jwtSecret": secure("your_jwt_secret_here"),
        "app.defaultProjectId": "your_system_project_id_here",
        "postgres.ownerPassword": secure("your_secure_password"),
        "app.allowedOrigins": ["https://yourdomain.com"],
      }),
    );
    expect(problems.map(({ path }) => path).sort()).toEqual([
      "slipway:app.allowedOrigins[0]",
      "slipway:app.defaultProjectId",
      "slipway:app.jwtSecret",
      "slipway:postgres.ownerPassword",
    ]);
    for (const { allowed } of problems) expect(allowed).toContain("placeholder");
  });
});

/** What each environment refuses: stack, change, path, value shown, allowed, mend. */
const refusals: readonly (readonly [GoodStack, Change, string, string, string, string])[] = [
  [
    "local",
    { "app.databaseSsl": false },
    "app.databaseSsl",
    "false",
    "true: the stack's PostgreSQL has ssl = on (guide 002, Database Security)",
    "set true",
  ],
  [
    "production",
    { "app.nodeEnv": "development" },
    "app.nodeEnv",
    "development",
    "production on a production stack",
    "set production",
  ],
  [
    "production",
    { "app.logLevel": "debug" },
    "app.logLevel",
    "debug",
    "info, warn or error in production: debug logs every request",
    "set info",
  ],
  [
    "production",
    { "app.allowedOrigins": ["*"] },
    "app.allowedOrigins[0]",
    "*",
    "in production the origins by name, never *: any web page could call the server",
    askOrigin,
  ],
  [
    "production",
    { "app.allowedOrigins": ["https://acme.dev", "http://localhost:3000"] },
    "app.allowedOrigins[1]",
    "http://localhost:3000",
    ownMachine,
    askOrigin,
  ],
  [
    "production",
    { "app.allowedOrigins": ["https://127.0.0.1"] },
    "app.allowedOrigins[0]",
    "https://127.0.0.1",
    ownMachine,
    askOrigin,
  ],
  [
    "production",
    { "app.allowedOrigins": ["http://acme.dev"] },
    "app.allowedOrigins[0]",
    "http://acme.dev",
    "in production https origins only: a plain http page can be changed on its way",
    askOrigin,
  ],
  [
    "local",
    { "app.sessionTimeout": 60_000, "app.sessionPersistenceInterval": 60_000 },
    "app.sessionPersistenceInterval",
    "60000",
    "less than app.sessionTimeout: a session in use would time out before its use is written down",
    "set 30000",
  ],
  ...["DATABASE_URL", "DEFAULT_PROJECT_ID", "ENV_FILE", "NODE_TLS_REJECT_UNAUTHORIZED", "DRAIN_SECONDS"].map(
    (name) => ["local", { "app.extraEnv": { [name]: "0" } }, `app.extraEnv.${name}`, "0", ownVariable, "rm"] as const,
  ),
  [
    "local",
    { "app.secretEnv": { JWT_SECRET: secure("a-Secret-0") } },
    "app.secretEnv.JWT_SECRET",
    "(secret)",
    ownVariable,
    "rm",
  ],
  [
    "local",
    { "app.extraEnv": { TOKEN: "a" }, "app.secretEnv": { TOKEN: secure("a-Secret-0") } },
    "app.extraEnv.TOKEN",
    "a",
    "a variable either in app.extraEnv or in app.secretEnv, not in both",
    "rm",
  ],
];

describe("what an environment refuses", () => {
  test.each(refusals)("%s: %j", (stack, change, path, shown, allowed, mend) => {
    expect(problemsOf(good(stack, change))).toEqual([expected(stack, path, shown, allowed, mend)]);
  });

  test("local may debug, and take calls from its own pages", () => {
    const lax = { "app.logLevel": "debug", "app.nodeEnv": "development", "app.allowedOrigins": ["*"] };
    expect(problemsOf(good("local", lax))).toEqual([]);
  });
});
