import type { z } from "zod";
import { type Environment, environments } from "../../components/options/environment.ts";
import {
  choice,
  decimal,
  flag,
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
  allowed: "a version, such as 1.0.0",
  example: "1.0.0",
});
const revision = text((value) => /^[0-9A-Za-z_]{1,32}$/.test(value), {
  allowed: "a revision of tria-migrate: 1 to 32 letters, digits or _",
  example: "0002_intent",
});

const openaiKey = secretText((value) => /^sk-[A-Za-z0-9_-]{8,256}$/.test(value), {
  allowed: "a key of OpenAI: sk- and 8 or more letters, digits, - or _",
  example: "sk-0123456789abcdef",
});
const openaiModel = text((value) => /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/.test(value), {
  allowed: "the name of a model",
  example: "gpt-4-turbo-preview",
});
const openaiBaseUrl = text(isBaseUrl, {
  allowed: "an http or https URL without a slash at its end, a query or a password, such as https://api.openai.com/v1",
  example: "https://api.openai.com/v1",
});

function isBaseUrl(value: string): boolean {
  return /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*[^\s/@?#])?$/.test(value) && URL.canParse(value);
}

const secretKey = secretText((value) => /^[\x21-\x7e]{32,256}$/.test(value), {
  allowed: "32 to 256 printable characters without spaces, not all the same",
  example: "0123456789abcdef".repeat(2),
  generate: "openssl rand -hex 32",
});

/** OUTPUT2 and the like: Xero's own names of tax rates. */
const taxType = text((value) => /^[A-Z][A-Z0-9]{0,49}$/.test(value), {
  allowed: "a tax type of Xero: capitals and digits",
  example: "OUTPUT2",
});
const accountCode = text((value) => /^[0-9A-Za-z]{1,10}$/.test(value), {
  allowed: "an account code of Xero: 1 to 10 letters and digits",
  example: "200",
});
const taxRate = { ...decimal(0, 1, "", 0.08), allowed: "a number from 0 to 1, such as 0.08 for 8 %" };
const money = (example: number) => decimal(0, 999_999_999, "currency units", example);

const identifier = text((value) => /^[0-9A-Za-z-]{8,64}$/.test(value), {
  allowed: "8 to 64 letters, digits or -",
  example: "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f",
  ask: "<id>",
});
const sentryDsn = secretText((value) => /^https:\/\/[^@\s/]+@[^/\s@]+\/(\S*\/)?\d+$/.test(value), {
  allowed: "https://KEY@HOST/PROJECT, as Sentry shows it",
  example: "https://0123456789abcdef@sentry.example.com/42",
});

const appOptions = section({
  version: withDefault("Version that the image must report.", version, "1.0.0"),
  schemaRevision: withDefault("Revision of the schema that this version needs.", revision, "0002_intent"),
  replicas: withDefault("Processes that answer.", integer(1, 8, "replicas", 2), 2),
  poolSize: withDefault(
    "DATABASE_POOL_SIZE: connections to PostgreSQL of each replica; a release in overlap has them twice.",
    integer(2, 50, "connections", 10),
    10,
  ),
  environment: withDefault(
    "ENVIRONMENT: what the app itself enforces.",
    choice(["development", "staging", "production"], "production"),
    "production",
  ),
  secretKey: optional("SECRET_KEY: signs the sessions.", secretKey, "generated once per stack"),
  openaiApiKey: required("OPENAI_API_KEY.", openaiKey),
  openaiModel: withDefault("OPENAI_MODEL.", openaiModel, "gpt-4-turbo-preview"),
  openaiBaseUrl: withDefault(
    "OPENAI_BASE_URL: where the API is; http only on a local stack.",
    openaiBaseUrl,
    "https://api.openai.com/v1",
  ),
  chroma: withDefault("Whether Chroma runs beside the app, for search by meaning.", flag, false),
  taxRate: withDefault("TAX_RATE: part of the price that is added to an order.", taxRate, 0.08),
  maxQuantityPerItem: withDefault("MAX_QUANTITY_PER_ITEM.", integer(1, 1_000_000, "pieces", 10_000), 10_000),
  maxOrderTotal: withDefault("MAX_ORDER_TOTAL.", money(100_000), 100_000),
  maxLineItems: withDefault("MAX_LINE_ITEMS.", integer(1, 1000, "lines", 100), 100),
  minOrderTotal: withDefault("MIN_ORDER_TOTAL.", money(0.01), 0.01),
  xeroSalesAccountCode: withDefault("XERO_SALES_ACCOUNT_CODE.", accountCode, "200"),
  xeroTaxType: withDefault("XERO_TAX_TYPE.", taxType, "OUTPUT2"),
  // A section that is there or not: all four or none.
  xero: section({
    clientId: required("XERO_CLIENT_ID.", identifier),
    clientSecret: required("XERO_CLIENT_SECRET.", secretValue),
    tenantId: required("XERO_TENANT_ID.", identifier),
    refreshToken: required(
      "XERO_REFRESH_TOKEN: the first one; it changes with each use, and the app keeps the newest in its database.",
      secretValue,
    ),
  }).optional(),
  sentryDsn: optional("SENTRY_DSN: where errors are reported.", sentryDsn, "nothing is reported"),
  extraEnv: mapOf("Further variables of the app.", variableName, required("Value of the variable.", variableValue)),
  secretEnv: mapOf(
    "Further secret variables of the app.",
    variableName,
    required("Secret value of the variable.", secretValue),
  ),
});

export type TriaApp = z.output<typeof appOptions>;

/** Variables that Slipway itself gives the app (guide 003, part 4): another way to set one would leave unclear which holds. */
export const ownVariables: readonly string[] = [
  "POSTGRES_USER",
  "POSTGRES_PASSWORD",
  "POSTGRES_DB",
  "DATABASE_URL",
  "DATABASE_POOL_SIZE",
  "REDIS_HOST",
  "REDIS_PORT",
  "REDIS_PASSWORD",
  "REDIS_DB",
  "OPENAI_API_KEY",
  "OPENAI_MODEL",
  "OPENAI_BASE_URL",
  "CHROMA_URL",
  "SECRET_KEY",
  "ENVIRONMENT",
  "TAX_RATE",
  "XERO_SALES_ACCOUNT_CODE",
  "XERO_TAX_TYPE",
  "MAX_QUANTITY_PER_ITEM",
  "MAX_ORDER_TOTAL",
  "MAX_LINE_ITEMS",
  "MIN_ORDER_TOTAL",
  "XERO_CLIENT_ID",
  "XERO_CLIENT_SECRET",
  "XERO_TENANT_ID",
  "XERO_REFRESH_TOKEN",
  "SENTRY_DSN",
  "TRIA_PORT",
];

const beyondLocal: readonly Environment[] = environments.filter((one) => one !== "local");

const isThisMachine = (url: string) =>
  URL.canParse(url) && /(^|\.)localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$|^0\.0\.0\.0$/.test(new URL(url).hostname);

const appRules: readonly Rule<TriaApp>[] = [
  refuse(
    inProduction,
    "environment",
    (word) => word !== "production",
    "production on a production stack",
    "production",
  ),
  refuse(
    beyondLocal,
    "openaiBaseUrl",
    (url) => url.startsWith("http://"),
    "an https URL outside a local stack: the key and the users' messages go there",
    "https://api.openai.com/v1",
  ),
  refuse(
    everywhere,
    "openaiBaseUrl",
    isThisMachine,
    "a URL that a container can reach: its own localhost is not the host's",
    "https://api.openai.com/v1",
  ),
  {
    in: everywhere,
    allowed: "at most app.maxOrderTotal: else no order is possible",
    reads: [["minOrderTotal"], ["maxOrderTotal"]],
    breaks: ({ minOrderTotal, maxOrderTotal }) => (minOrderTotal > maxOrderTotal ? [["minOrderTotal"]] : []),
  },
  ...variableRules(ownVariables),
];

/** What Tria AIBPO adds to the config. */
export const triaOptions = {
  schema: appOptions,
  complete: (app: TriaApp): TriaApp => app,
  rules: appRules,
  needsRedis: true,
  defaults: {
    /** The guide has no timings; those of guide 000's check, more often: a process that hangs is ended by them. */
    health: { intervalSeconds: 10, timeoutSeconds: 5, startPeriodSeconds: 30, retries: 3 },
  },
} as const;
