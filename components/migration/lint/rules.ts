/**
 * What a migration may do to users and to their data. `locks`: statements wait behind it. `loses`: data are gone. `breaks`: a release that
 * still runs fails. `unread`: the lint could not look inside. The list follows squawk's rules (squawkhq.com/docs/rules).
 */
export type Kind = "locks" | "loses" | "breaks" | "unread";

export interface Rule {
  readonly kind: Kind;
  /** Whether an older release that still runs breaks on it: such a step belongs into a release declared `contract`. */
  readonly contracts: boolean;
  /** What happens to users. */
  readonly what: string;
  readonly instead: string;
}

const locked = "every read and write of the table waits";

/** Every rule, for PostgreSQL and for SQLite. */
export const rules = {
  "drop-table": {
    kind: "loses",
    contracts: true,
    what: "its rows are gone, and a release that still reads it fails",
    instead: "stop using it in one release, drop it in a later one",
  },
  "drop-column": {
    kind: "loses",
    contracts: true,
    what: "its values are gone, and a release that still names it fails",
    instead: "stop using it in one release, drop it in a later one",
  },
  "drop-schema": {
    kind: "loses",
    contracts: true,
    what: "all in it is gone, and a release that still reads it fails",
    instead: "stop using it in one release, drop it in a later one",
  },
  "drop-view": {
    kind: "breaks",
    contracts: true,
    what: "a release that still reads it fails",
    instead: "stop using it in one release, drop it in a later one",
  },
  "drop-cascade": {
    kind: "loses",
    contracts: true,
    what: "columns and other things that depend on it go with it, unnamed",
    instead: "drop what depends on it by name, then this without CASCADE",
  },
  truncate: {
    kind: "loses",
    contracts: false,
    what: "all its rows are gone",
    instead: "delete the rows that are meant, by a WHERE",
  },
  "delete-all": {
    kind: "loses",
    contracts: false,
    what: "DELETE without WHERE: all its rows are gone",
    instead: "delete the rows that are meant, by a WHERE",
  },
  "update-all": {
    kind: "loses",
    contracts: false,
    what: "UPDATE without WHERE: every row's old value is gone, and writers of any row wait until the migration ends",
    instead: "write to a new column, in batches with a WHERE",
  },
  "fill-new-column": {
    kind: "locks",
    contracts: false,
    what: "UPDATE without WHERE: writers of any row wait until the migration ends",
    instead: "fill the new column in batches with a WHERE, each in its own transaction",
  },
  "fewer-rows": {
    kind: "loses",
    contracts: false,
    what: "rows are gone",
    instead: "keep them in a table of their own until nobody needs them",
  },
  "alter-type": {
    kind: "locks",
    contracts: true,
    what: `the table may be rewritten and ${locked}; a release that still runs may read the new type wrongly`,
    instead:
      "add a column of the new type, write both, fill it in batches, switch, drop the old one in a later release",
  },
  "set-not-null": {
    kind: "locks",
    contracts: true,
    what: `the table is scanned and ${locked}; a release that still writes NULL fails`,
    instead: "add CHECK (column IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT, then SET NOT NULL",
  },
  "not-null": {
    kind: "breaks",
    contracts: true,
    what: "a release that still writes NULL, or leaves it out, fails",
    instead: "give it a default, or require it in a later release",
  },
  "add-not-null": {
    kind: "breaks",
    contracts: true,
    what: "NOT NULL without a default: inserts of a release that does not know it fail",
    instead: "give it a default, or add it without NOT NULL and require it in a later release",
  },
  "add-column-rewrites": {
    kind: "locks",
    contracts: false,
    what: `each row gets a value of its own, so the table is rewritten and ${locked}`,
    instead: "add the column without it, set the default, then fill old rows in batches",
  },
  "create-index": {
    kind: "locks",
    contracts: false,
    what: "writes wait until the index is built",
    instead: "CREATE INDEX CONCURRENTLY, outside a transaction",
  },
  "add-constraint": {
    kind: "locks",
    contracts: false,
    what: "the table is scanned and writes wait",
    instead: "add it NOT VALID, then VALIDATE CONSTRAINT",
  },
  "add-exclusion": {
    kind: "locks",
    contracts: false,
    what: `its index is built and ${locked}; there is no concurrent way`,
    instead: "add it in a quiet hour, or check in the product",
  },
  "add-unique": {
    kind: "locks",
    contracts: false,
    what: `its index is built and ${locked}`,
    instead: "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX",
  },
  rename: {
    kind: "breaks",
    contracts: true,
    what: "a release that still uses the old name fails",
    instead: "add the new one, write both, switch, drop the old one in a later release",
  },
  "lock-table": {
    kind: "locks",
    contracts: false,
    what: "others wait until the migration ends",
    instead: "leave locking to the statements, with a lock_timeout",
  },
  "vacuum-full": {
    kind: "locks",
    contracts: false,
    what: `the table is rewritten and ${locked}`,
    instead: "plain VACUUM, or pg_repack",
  },
  cluster: {
    kind: "locks",
    contracts: false,
    what: `the table is rewritten and ${locked}`,
    instead: "pg_repack",
  },
  reindex: {
    kind: "locks",
    contracts: false,
    what: "writes wait until the index is built",
    instead: "REINDEX CONCURRENTLY",
  },
  unread: {
    kind: "unread",
    contracts: false,
    what: "the lint cannot read it, so what it locks or loses is unknown",
    instead: "write it as plain statements, or look at it yourself",
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof rules;
