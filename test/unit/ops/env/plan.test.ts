import { describe, expect, test } from "vitest";
import { formatPath } from "../../../../components/options/path.ts";
import { readSettings } from "../../../../infra/config/read.ts";
import { systemNamed, systemOf, systems } from "../../../../infra/systems/index.ts";
import { broughtBy, renderBrought, treeOfConfig, withEntries } from "../../../../ops/env/config.ts";
import { parseEnvFile } from "../../../../ops/env/file.ts";
import { isOfProduct, mappingOf } from "../../../../ops/env/mapping.ts";
import { planImport, sortEntries } from "../../../../ops/env/plan.ts";
import { renderPlan, renderRefusals } from "../../../../ops/env/render.ts";
import { seenByApp, seenValue } from "../../../../ops/env/show.ts";
import { defaultsOf } from "../../../../ops/systems.ts";
import { changed, hexKey, rawOf, secure, type Tree } from "../../config-fixture.ts";

function of(name: string) {
  const options = systemNamed(name);
  const settings = defaultsOf(options);
  const system = systemOf(settings);
  return { system, mapping: mappingOf(options, settings, system) };
}

/** What the command does before it writes. */
function imported(name: string, text: string, config: Tree = changed("local", { system: name })) {
  const { system, mapping } = of(name);
  const raw = rawOf("local", config);
  const before = readSettings(raw);
  const plan = planImport(parseEnvFile(text), mapping, treeOfConfig(raw));
  const after = readSettings(withEntries(raw, plan.entries));
  const problems = (reading: typeof after) => ("problems" in reading ? reading.problems : []);
  const { brought, others } = broughtBy(plan.entries, problems(before), problems(after));
  const refusals = [...plan.problems, ...brought.map((one) => renderBrought(plan.entries, one))];
  const printed = renderPlan(plan, (each) => seenValue(system, mapping.env[each]));
  return { plan, refusals, others: others.map(({ path }) => path), printed };
}

describe.each(systems.map(({ name }) => name))("%s: options and variables", (name) => {
  const { system, mapping } = of(name);

  test("every variable that an option names is one that the app sees, or may be left out", () => {
    const optional = ["LOG_FILE", "SENTRY_DSN"];
    const missing = [...mapping.options.keys()].filter((one) => !Object.hasOwn(mapping.env, one));
    expect(missing.filter((one) => !optional.includes(one) && !one.startsWith("XERO_"))).toEqual([]);
  });

  test("what is exported is what an import maps back: to its option, or as Slipway's own", () => {
    for (const { variables } of seenByApp(system, mapping)) {
      for (const { name: variable, from } of variables) {
        const plan = planImport(parseEnvFile(`${variable}=value`), mapping, {});
        expect(plan.unknown).toEqual([]);
        expect([
          ...plan.entries.map(({ path }) => formatPath(path)),
          ...plan.reserved.map(() => "set by Slipway"),
        ]).toEqual([from]);
      }
    }
  });

  test("an option's variable changes with it, and no other does", () => {
    const options = systemNamed(name);
    const settings = defaultsOf(options);
    for (const [variable, { path, kind }] of mapping.options) {
      const [top, key, deeper] = path.map(String);
      if (top !== "app" || key === undefined || deeper !== undefined || kind.secret) continue;
      const before = systemOf(settings).workloads[0]?.env ?? {};
      const given: unknown = Reflect.get(settings.app, key);
      const other =
        typeof given === "boolean"
          ? !given
          : typeof given === "number"
            ? given + 1
            : Array.isArray(given)
              ? []
              : "other";
      const app = Object.assign({}, settings.app, { [key]: other });
      const after = systemOf({ ...settings, app }).workloads[0]?.env ?? {};
      const differ = Object.keys({ ...before, ...after }).filter(
        (one) => JSON.stringify(before[one]) !== JSON.stringify(after[one]),
      );
      expect(differ).toEqual([variable]);
    }
  });
});

const guide000 = `# TMWS v2.4.0 Configuration

# Database
TMWS_DATABASE_URL=sqlite+aiosqlite:///./data/tmws.db
TMWS_SECRET_KEY=${hexKey}
TMWS_API_KEY_EXPIRE_DAYS=60
TMWS_LICENSE_STORAGE=/app/data/licenses
TMWS_LICENSE_DEFAULT_TIER=FREE
TMWS_CORS_ORIGINS=["https://app.acme.dev", "https://acme.dev"]
TMWS_LOG_LEVEL="WARNING"
export TMWS_REDIS_URL=redis://redis:6379/0
TMWS_PROMETHEUS_ENABLED=True
TMWS_PROMETHEUS_PORT=9090
TMWS_SECURITY_TOKEN='hidden-0123'   # not in the guide
TMWS_REGION=eu
COMPOSE_PROJECT_NAME=tmws
TMWS_LICENSE_DEFAULT_DURATION_DAYS=
TMWS_REGION=us
`;

describe("the .env of guide 000", () => {
  const config = changed("local", {
    app: { apiKeyExpireDays: 90, logLevel: "WARNING", secretKey: secure("f0".repeat(32)) },
  });
  const { plan, refusals, printed } = imported("tmws", guide000, config);

  test("each variable is in one place", () => {
    expect(refusals).toEqual([]);
    expect(plan.entries.map(({ name, path, value, secret }) => [name, formatPath(path), value, secret])).toEqual(
      [
        ["TMWS_SECRET_KEY", "slipway:app.secretKey", hexKey, true],
        ["TMWS_API_KEY_EXPIRE_DAYS", "slipway:app.apiKeyExpireDays", 60, false],
        ["TMWS_LICENSE_DEFAULT_TIER", "slipway:app.licenseDefaultTier", "FREE", false],
        ["TMWS_CORS_ORIGINS", "slipway:app.corsOrigins", ["https://app.acme.dev", "https://acme.dev"], false],
        ["TMWS_LOG_LEVEL", "slipway:app.logLevel", "WARNING", false],
        ["TMWS_PROMETHEUS_ENABLED", "slipway:app.prometheusEnabled", true, false],
        ["TMWS_SECURITY_TOKEN", "slipway:app.secretEnv.TMWS_SECURITY_TOKEN", "hidden-0123", true],
        ["TMWS_REGION", "slipway:app.extraEnv.TMWS_REGION", "us", false],
      ].toSorted((a, b) => guide000.indexOf(String(a[0])) - guide000.indexOf(String(b[0]))),
    );
    expect(plan.reserved).toEqual([
      "TMWS_DATABASE_URL",
      "TMWS_LICENSE_STORAGE",
      "TMWS_REDIS_URL",
      "TMWS_PROMETHEUS_PORT",
    ]);
    expect(plan.empty).toEqual(["TMWS_LICENSE_DEFAULT_DURATION_DAYS"]);
    expect(plan.unknown).toEqual([{ name: "COMPOSE_PROJECT_NAME", secret: false }]);
    expect(plan.doubled).toEqual(["TMWS_REGION"]);
  });

  test("what would change is told, without a secret", () => {
    const { added, changed: differ, same } = sortEntries(plan.entries);
    expect(differ.map(({ name }) => name)).toEqual(["TMWS_SECRET_KEY", "TMWS_API_KEY_EXPIRE_DAYS"]);
    expect(same.map(({ name }) => name)).toEqual(["TMWS_LOG_LEVEL"]);
    expect(added).toHaveLength(5);
    expect(printed).toContain("TMWS_SECRET_KEY           slipway:app.secretKey: (secret) -> another (secret)");
    expect(printed).toContain("TMWS_API_KEY_EXPIRE_DAYS  slipway:app.apiKeyExpireDays: 90 -> 60");
    expect(printed).toContain("TMWS_DATABASE_URL     sqlite+aiosqlite:////app/data/tmws.db");
    expect(printed).toContain("(address of redis with its password, known when it is there)");
    expect(printed).toContain("pulumi config set --path 'slipway:app.extraEnv.COMPOSE_PROJECT_NAME' <value>");
    for (const secret of [hexKey, "f0f0", "hidden-0123"]) expect(printed).not.toContain(secret);
  });
});

describe("the guides' own files are refused for what is theirs to replace, all at once", () => {
  test("guide 000", () => {
    const { refusals } = imported(
      "tmws",
      'TMWS_SECRET_KEY=your-64-char-hex-secret-key-here\nTMWS_CORS_ORIGINS=["https://your-domain.com"]\nTMWS_ENVIRONMENT=prod',
    );
    expect(refusals).toEqual([
      "TMWS_SECRET_KEY -> slipway:app.secretKey is (secret); allowed: 64 hex digits, not all the same; this is a placeholder to be replaced",
      "TMWS_CORS_ORIGINS -> slipway:app.corsOrigins[0] is https://your-domain.com; allowed: an origin, https://host or https://host:port in lower case, without a path and without :443; this is a placeholder to be replaced",
      "TMWS_ENVIRONMENT -> slipway:app.environment is prod; allowed: one of development, test, staging, production",
    ]);
    expect(renderRefusals(refusals).split("\n")[0]).toBe("The file has 3 problems; nothing was written.");
  });

  test("guide 002: a comma list, an id to be filled in, a file where none can be written", () => {
    const { plan, refusals } = imported(
      "aidis",
      [
        "DATABASE_URL=postgresql://ridgetop:your_secure_password@localhost:5432/aidis_production",
        "DATABASE_MAX_CONNECTIONS=20",
        "DEFAULT_PROJECT_ID=your_system_project_id_here",
        "LOG_FILE=/home/ridgetop/aidis/logs/production.log",
        "ALLOWED_ORIGINS=http://localhost:3000, https://acme.dev",
        "JWT_SECRET=your_jwt_secret_here",
        "ENV_FILE=/home/ridgetop/.env",
      ].join("\n"),
    );
    expect(plan.reserved).toEqual(["DATABASE_URL", "ENV_FILE"]);
    expect(plan.entries.find(({ name }) => name === "ALLOWED_ORIGINS")?.value).toEqual([
      "http://localhost:3000",
      "https://acme.dev",
    ]);
    expect(refusals.map((line) => line.split(";")[0])).toEqual([
      "DEFAULT_PROJECT_ID -> slipway:app.defaultProjectId is your_system_project_id_here",
      "JWT_SECRET -> slipway:app.jwtSecret is (secret)",
      "LOG_FILE -> slipway:app.logFile is /home/ridgetop/aidis/logs/production.log",
    ]);
  });

  test("guide 003: passwords of the stores go to the stores", () => {
    const { plan, refusals } = imported(
      "tria",
      [
        "POSTGRES_USER=tria_admin",
        "POSTGRES_PASSWORD=a-good-password-123  # CHANGE IN PRODUCTION",
        "DATABASE_URL=postgresql://tria_admin:a-good-password-123@postgres:5432/tria_aibpo",
        "REDIS_HOST=redis",
        "REDIS_PASSWORD=CHANGE_THIS_REDIS_PASSWORD_456  # CHANGE",
        "OPENAI_API_KEY=sk-0123456789abcdef",
        "TAX_RATE=0.08",
        "MAX_ORDER_TOTAL=100000.00",
        "XERO_SALES_ACCOUNT_CODE=200",
        "XERO_CLIENT_ID=",
        "SENTRY_ENVIRONMENT=live",
        "OPENAI_ORG_KEY=not-a-weak-one",
      ].join("\n"),
    );
    expect(plan.entries.map(({ name, path, value, secret }) => [name, formatPath(path), value, secret])).toEqual([
      ["POSTGRES_PASSWORD", "slipway:postgres.appPassword", "a-good-password-123", true],
      ["REDIS_PASSWORD", "slipway:redis.password", "CHANGE_THIS_REDIS_PASSWORD_456", true],
      ["OPENAI_API_KEY", "slipway:app.openaiApiKey", "sk-0123456789abcdef", true],
      ["TAX_RATE", "slipway:app.taxRate", 0.08, false],
      ["MAX_ORDER_TOTAL", "slipway:app.maxOrderTotal", 100000, false],
      ["XERO_SALES_ACCOUNT_CODE", "slipway:app.xeroSalesAccountCode", "200", false],
      ["SENTRY_ENVIRONMENT", "slipway:app.extraEnv.SENTRY_ENVIRONMENT", "live", false],
      ["OPENAI_ORG_KEY", "slipway:app.secretEnv.OPENAI_ORG_KEY", "not-a-weak-one", true],
    ]);
    expect(plan.reserved).toEqual(["POSTGRES_USER", "DATABASE_URL", "REDIS_HOST"]);
    expect(plan.empty).toEqual(["XERO_CLIENT_ID"]);
    expect(refusals).toEqual([
      "REDIS_PASSWORD -> slipway:redis.password is (secret); allowed: 16 to 256 letters, digits and . _ ~ -, not all the same; this is a placeholder to be replaced",
    ]);
  });

  test("part of Xero's four is refused with what is missing", () => {
    const { refusals } = imported("tria", "OPENAI_API_KEY=sk-0123456789abcdef\nXERO_CLIENT_ID=0a1b2c3d-0a1b");
    expect(refusals.map((line) => line.split(";")[0])).toEqual([
      "slipway:app.xero.clientSecret is (not set)",
      "slipway:app.xero.tenantId is (not set)",
      "slipway:app.xero.refreshToken is (not set)",
    ]);
  });
});

describe("what the file does not say plainly", () => {
  test("a line that is no variable, and a reference, refuse all of it; single quotes mean the letters", () => {
    const home = "$".concat("{HOME}");
    const { refusals } = imported("tmws", `TMWS_A=${home}/x\nwhat\nTMWS_B='${home}'`);
    expect(refusals).toEqual([
      "line 2 is no NAME=value",
      `line 1 (TMWS_A) names another variable as \${NAME}: write its value out, or all in single quotes if these are its letters`,
    ]);
  });

  test("a list that is no JSON is refused as the config refuses it", () => {
    expect(imported("tmws", "TMWS_CORS_ORIGINS=[https://acme.dev]").refusals).toEqual([
      "TMWS_CORS_ORIGINS -> slipway:app.corsOrigins is [https://acme.dev]; allowed: a list of origins, https://host or https://host:port",
    ]);
  });

  test("a weak secret is refused, and not shown", () => {
    expect(imported("tmws", "TMWS_HOOK_TOKEN=short").refusals).toEqual([
      "TMWS_HOOK_TOKEN -> slipway:app.secretEnv.TMWS_HOOK_TOKEN is (secret); allowed: a secret text of 8 characters or more, not all the same",
    ]);
  });

  test("a variable that the stack keeps as a secret stays one", () => {
    const config = changed("local", { app: { secretEnv: { TMWS_PLAIN: secure("plain-0123") } } });
    expect(imported("tmws", "TMWS_PLAIN=plain-4567", config).plan.entries).toEqual([
      {
        name: "TMWS_PLAIN",
        path: ["app", "secretEnv", "TMWS_PLAIN"],
        value: "plain-4567",
        secret: true,
        before: "plain-0123",
      },
    ]);
  });

  test("problems that the config had before are not the file's", () => {
    const { refusals, others } = imported("tmws", "TMWS_LOG_LEVEL=INFO", changed("local", { "edge.domain": "x" }));
    expect([refusals, others]).toEqual([[], ["slipway:edge.domain"]]);
  });
});

test.each([
  ["TMWS_ANYTHING", "tmws", true],
  ["PATH", "tmws", false],
  ["COMPOSE_PROJECT_NAME", "tmws", false],
  ["OPENAI_ORG", "tria", true],
  ["OPENAI_ORG", "tmws", false],
])("%s of %s: %s", (name, system, is) => {
  expect(isOfProduct(name, of(system).mapping)).toBe(is);
});
