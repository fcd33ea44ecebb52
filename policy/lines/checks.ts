import { because } from "./line.ts";

/** An entry of a system's own checklist (test/fixtures/*-checklist.json), which the live tests prove on the running system. */
export interface Check {
  readonly what: string;
  readonly name: string;
}

/** What a plan shows of an entry, and what it does not. */
export interface Coverage {
  /** Names of policies. */
  readonly by: readonly string[];
  /** What only the running system shows of it. */
  readonly because: string;
}

interface Rule {
  readonly what?: RegExp;
  readonly name?: RegExp;
  readonly by?: readonly string[];
  readonly because: string;
}

const value = "its effect in the running product; a wrong value is refused by infra/config before there is a plan";

/** The first that fits an entry tells of it. */
export const checkRules: readonly Rule[] = [
  {
    name: /TMWS_(AUTH|RATE_LIMIT|SECURITY_HEADERS|AUDIT_LOG|NAMESPACE_ISOLATION)_ENABLED/,
    by: ["security-switched-on"],
    because: because.serving,
  },
  {
    what: /^variable$/,
    name: /^(TMWS_ENVIRONMENT|NODE_ENV|ENVIRONMENT|FLASK_ENV)\b/,
    by: ["production-mode"],
    because: value,
  },
  { what: /^variable$/, name: /CORS_ORIGINS|ALLOWED_ORIGINS/, by: ["origins-restricted"], because: value },
  { what: /^variable$/, name: /LOG_LEVEL/, by: ["no-debugging"], because: value },
  { what: /^variable$/, name: /DATABASE_SSL/, by: ["database-by-tls", "postgres-tls"], because: value },
  { what: /^variable$/, name: /placeholder/, by: ["no-placeholders"], because: value },
  { what: /^variable$/, name: /REDIS_PASSWORD/, by: ["secrets-encrypted", "redis-password"], because: value },
  {
    what: /^variable$/,
    name: /SECRET|PASSWORD|API_KEY|REFRESH_TOKEN|SENTRY_DSN|^DATABASE_URL|^REDIS_URL/,
    by: ["secrets-encrypted"],
    because: value,
  },
  { what: /^variable$/, because: value },
  { what: /^port$/, by: ["nothing-published", "networks-internal"], because: because.serving },
  { what: /^volume$/, by: ["data-volumes-protected", "sets-complete"], because: because.serving },
  { what: /^user$/, by: ["no-root"], because: because.image },
  { what: /^secret$/, by: ["secrets-encrypted"], because: because.image },
  { what: /^requirement$/, name: /Redis/, by: ["redis-keeps-data"], because: because.image },
  { what: /^requirement$/, because: because.image },
  {
    what: /^endpoint$/,
    name: /^(GET \/health|GET \/api\/health|GET \/api\/v1\/health)/,
    by: ["candidates-asked", "smoke-tested"],
    because: because.serving,
  },
  {
    what: /^(cli|command)$/,
    name: /\.backup|tar of|restored/,
    by: ["sets-complete", "backup-before-migration"],
    because: because.restore,
  },
  { what: /^(cli|command)$/, name: /alembic|migrate/, by: ["migration-rehearsed"], because: because.schema },
  { what: /^constraint$/, name: /WAL/, by: ["one-writer"], because: because.schema },
  { what: /^constraint$/, name: /dimensions/, because: because.serving },
  { what: /^metric$/, by: ["metrics-kept"], because: because.serving },
  { what: /^(table|column|index|schema|extension|constraint|data|query)$/, because: because.schema },
  { what: /^(endpoint|cli|command|method|phase|component|service|procedure|header)$/, because: because.serving },
  {
    what: /^file$/,
    name: /\.db$|^output\//,
    by: ["data-volumes-protected", "sets-complete"],
    because: because.serving,
  },
  { what: /^file$/, because: because.image },
];

/** @throws Error for a kind of entry that no rule knows */
export function coverageOf({ what, name }: Check): Coverage {
  const rule = checkRules.find((each) => (each.what?.test(what) ?? true) && (each.name?.test(name) ?? true));
  if (rule === undefined) throw new Error(`no rule tells whether a plan shows ${what} "${name}"`);
  return { by: rule.by ?? [], because: rule.because };
}
