import { describe, expect, test } from "vitest";
import { withValueAt } from "../../components/options/path.ts";
import type { Problem } from "../../infra/config/problem.ts";
import { digest, problemsOf, rawOf, secure, type Tree } from "./config-fixture.ts";

const key = secure("sk-0123456789abcdef");
const xero = {
  clientId: "0a1b2c3d-0a1b",
  clientSecret: secure("a-Secret-0"),
  tenantId: "0a1b2c3d-4e5f",
  refreshToken: secure("a-Token-00"),
};
const good = {
  local: {
    system: "tria",
    images: "debian",
    image: { build: { context: "test/workloads/tria" } },
    edge: { domain: "tria.localhost" },
    app: { openaiApiKey: key },
  },
  production: {
    system: "tria",
    images: "official",
    image: { ref: `ghcr.io/acme/tria:1.0.0@${digest}` },
    edge: { domain: "tria.acme.dev", tls: { email: "ops@acme.dev" } },
    app: { openaiApiKey: key, xero, sentryDsn: secure("https://0123456789abcdef@sentry.acme.dev/42") },
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

const rate = "a number from 0 to 1, such as 0.08 for 8 %";
const openaiKey = "a key of OpenAI: sk- and 8 or more letters, digits, - or _";
const baseUrl =
  "an http or https URL without a slash at its end, a query or a password, such as https://api.openai.com/v1";
const secretKey = "32 to 256 printable characters without spaces, not all the same";
const money = "a number of currency units from 0 to 999999999";
const secretText = "a secret text of 8 characters or more, not all the same";
const id = "8 to 64 letters, digits or -";
const own = "a variable that Slipway does not set itself; this one has its own option or a fixed value";
const clear = "a value given with --secret; this one stands in clear: a key that was ever shared must be a new one";
const replace = "; this is a placeholder to be replaced";

/** Stack, change, path, value shown, allowed. */
const cases: readonly (readonly [Stack, Readonly<Record<string, unknown>>, string, string, string])[] = [
  ["local", { "app.openaiApiKey": undefined }, "app.openaiApiKey", "(not set)", openaiKey],
  ["local", { "app.openaiApiKey": secure("pk-0123456789abcdef") }, "app.openaiApiKey", "(secret)", openaiKey],
  ["local", { "app.openaiApiKey": secure("sk-short") }, "app.openaiApiKey", "(secret)", openaiKey],
  ["local", { "app.openaiApiKey": "sk-0123456789abcdef" }, "app.openaiApiKey", "(secret)", clear],
  [
    "local",
    { "app.openaiApiKey": secure("sk-your-actual-key-here") },
    "app.openaiApiKey",
    "(secret)",
    openaiKey + replace,
  ],
  ["local", { "app.openaiModel": "gpt 4" }, "app.openaiModel", "gpt 4", "the name of a model"],
  [
    "local",
    { "app.openaiBaseUrl": "https://api.openai.com/v1/" },
    "app.openaiBaseUrl",
    "https://api.openai.com/v1/",
    baseUrl,
  ],
  ["local", { "app.openaiBaseUrl": "api.openai.com" }, "app.openaiBaseUrl", "api.openai.com", baseUrl],
  ["local", { "app.openaiBaseUrl": "https://me:pw@a.dev/v1" }, "app.openaiBaseUrl", "https://me:pw@a.dev/v1", baseUrl],
  [
    "local",
    { "app.openaiBaseUrl": "http://localhost:8080/v1" },
    "app.openaiBaseUrl",
    "http://localhost:8080/v1",
    "a URL that a container can reach: its own localhost is not the host's",
  ],
  [
    "production",
    { "app.openaiBaseUrl": "http://llm.acme.dev/v1" },
    "app.openaiBaseUrl",
    "http://llm.acme.dev/v1",
    "an https URL outside a local stack: the key and the users' messages go there",
  ],
  ["local", { "app.secretKey": secure("0123456789abcdef") }, "app.secretKey", "(secret)", secretKey],
  ["local", { "app.secretKey": secure("a".repeat(40)) }, "app.secretKey", "(secret)", secretKey],
  [
    "local",
    { "app.secretKey": secure("CHANGE_THIS_SECRET_KEY_789") },
    "app.secretKey",
    "(secret)",
    secretKey + replace,
  ],
  ["production", { "app.environment": "staging" }, "app.environment", "staging", "production on a production stack"],
  ["local", { "app.environment": "prod" }, "app.environment", "prod", "one of development, staging, production"],
  ["local", { "app.taxRate": 8 }, "app.taxRate", "8", rate],
  ["local", { "app.taxRate": -0.01 }, "app.taxRate", "-0.01", rate],
  ["local", { "app.taxRate": "8%" }, "app.taxRate", "8%", rate],
  [
    "local",
    { "app.maxQuantityPerItem": 0 },
    "app.maxQuantityPerItem",
    "0",
    "a whole number of pieces from 1 to 1000000",
  ],
  ["local", { "app.maxLineItems": 2.5 }, "app.maxLineItems", "2.5", "a whole number of lines from 1 to 1000"],
  ["local", { "app.maxOrderTotal": -1 }, "app.maxOrderTotal", "-1", money],
  [
    "local",
    { "app.minOrderTotal": 20, "app.maxOrderTotal": 10 },
    "app.minOrderTotal",
    "20",
    "at most app.maxOrderTotal: else no order is possible",
  ],
  [
    "local",
    { "app.xeroSalesAccountCode": "2 00" },
    "app.xeroSalesAccountCode",
    "2 00",
    "an account code of Xero: 1 to 10 letters and digits",
  ],
  ["local", { "app.xeroTaxType": "output2" }, "app.xeroTaxType", "output2", "a tax type of Xero: capitals and digits"],
  ["production", { "app.xero.clientSecret": undefined }, "app.xero.clientSecret", "(not set)", secretText],
  ["production", { "app.xero.tenantId": undefined }, "app.xero.tenantId", "(not set)", id],
  ["production", { "app.xero.clientId": "your_client_id" }, "app.xero.clientId", "your_client_id", id + replace],
  [
    "production",
    { "app.sentryDsn": secure("sentry.acme.dev") },
    "app.sentryDsn",
    "(secret)",
    "https://KEY@HOST/PROJECT, as Sentry shows it",
  ],
  ["local", { "app.replicas": 0 }, "app.replicas", "0", "a whole number of replicas from 1 to 8"],
  ["local", { "app.poolSize": 1 }, "app.poolSize", "1", "a whole number of connections from 2 to 50"],
  ["local", { "app.chroma": "yes" }, "app.chroma", "yes", "true or false"],
  [
    "local",
    { "app.schemaRevision": "0002; rm" },
    "app.schemaRevision",
    "0002; rm",
    "a revision of tria-migrate: 1 to 32 letters, digits or _",
  ],
  ["local", { "redis.enabled": false }, "redis.enabled", "false", "true: this system cannot run without Redis"],
  ["local", { "app.extraEnv.DATABASE_URL": "postgresql://x" }, "app.extraEnv.DATABASE_URL", "postgresql://x", own],
  ["local", { "app.secretEnv.SECRET_KEY": secure("a-Secret-0") }, "app.secretEnv.SECRET_KEY", "(secret)", own],
];

describe("what the config of Tria refuses", () => {
  test.each(cases)("%s: %j", (stack, change, path, value, allowed) => {
    expect(problems(stack, change).map((each) => [each.path, each.value, each.allowed])).toEqual([
      [`slipway:${path}`, value, allowed],
    ]);
  });

  test("all at once, each with the command that mends it", () => {
    const found = problems("production", {
      "app.taxRate": 8,
      "app.environment": "development",
      "redis.enabled": false,
    });
    expect(found.map(({ mend }) => mend)).toEqual([
      "pulumi config set --path 'slipway:app.taxRate' 0.08 --stack production",
      "pulumi config set --path 'slipway:app.environment' production --stack production",
      "pulumi config set --path 'slipway:redis.enabled' true --stack production",
    ]);
  });

  test("http to OpenAI is for local stacks alone", () => {
    expect(problems("local", { "app.openaiBaseUrl": "http://172.17.0.1:8080/v1" })).toEqual([]);
  });

  test.each(["local", "production"] as const)("the good one of %s is not refused", (stack) => {
    expect(problems(stack, {})).toEqual([]);
  });
});
