import { distinct, type Finding } from "./finding.ts";
import type { RuleId } from "./rules.ts";
import type { Column, Snapshot, Table } from "./sqlite-snapshot.ts";

/**
 * What a migration did to a copy of a SQLite database. SQLite migrations rebuild whole tables, so statements say little: the lint compares
 * the schema and the numbers of rows before and after. Nothing `locks` here, because the one writer is stopped while it runs.
 */
export function lintSqlite(before: Snapshot, after: Snapshot): readonly Finding[] {
  const now = new Map(after.map((table) => [table.name, table]));
  return distinct(before.flatMap((table) => compareTable(table, now.get(table.name))));
}

function compareTable(before: Table, after: Table | undefined): readonly Finding[] {
  if (after === undefined) return [finding("drop-table", before.name, rowsIn(before))];
  return [...rows(before, after), ...columns(before, after)];
}

function rows(before: Table, after: Table): readonly Finding[] {
  if (before.rows === undefined || after.rows === undefined || after.rows >= before.rows) return [];
  return [finding("fewer-rows", before.name, `${after.rows} of ${before.rows} rows are left`)];
}

function columns(before: Table, after: Table): readonly Finding[] {
  const old = new Map(before.columns.map((column) => [column.name, column]));
  const now = new Set(after.columns.map(({ name }) => name));
  const dropped = before.columns.filter(({ name }) => !now.has(name));
  return [
    ...dropped.map(({ name }) => finding("drop-column", `${before.name}.${name}`, rowsIn(before))),
    ...after.columns.flatMap((column) => demands(before.name, old.get(column.name), column)),
  ];
}

/** A column that wants a value from now on, where the release before gave none. */
function demands(table: string, before: Column | undefined, after: Column): readonly Finding[] {
  if (!after.notNull || after.hasDefault || before?.notNull === true) return [];
  return [finding(before === undefined ? "add-not-null" : "not-null", `${table}.${after.name}`)];
}

function rowsIn({ rows }: Table): string | undefined {
  return rows === undefined ? undefined : `${rows} rows`;
}

function finding(id: RuleId, at: string, detail?: string): Finding {
  return detail === undefined ? { id, at } : { id, at, detail };
}
