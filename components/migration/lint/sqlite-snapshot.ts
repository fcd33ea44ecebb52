import { z } from "zod";
import { StepFailure } from "../../steps/failure.ts";

export interface Column {
  readonly name: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
}

export interface Table {
  readonly name: string;
  /** Undefined for a virtual table: counting asks its module, which sqlite3 need not have. */
  readonly rows: number | undefined;
  readonly columns: readonly Column[];
}

export type Snapshot = readonly Table[];

/**
 * The product's tables: not SQLite's own, nor those that a virtual table keeps its index in (`shadow`, SQLite 3.37 or newer), which shrink when
 * an index is tidied.
 */
const tables = [
  "FROM sqlite_schema AS t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  "AND t.name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')",
].join(" ");

const flag = (condition: string) => `json(iif(${condition}, 'true', 'false'))`;

/** A generated column (hidden 2 or 3) and SQLite's own row number give themselves a value; hidden 1 is a virtual table's argument. */
const columns = [
  "(SELECT json_group_array(json_object('name', name,",
  `'notNull', ${flag('"notnull"')},`,
  `'hasDefault', ${flag("dflt_value IS NOT NULL OR hidden > 1 OR (pk AND upper(type) = 'INTEGER')")}))`,
  "FROM pragma_table_xinfo(t.name) WHERE hidden <> 1)",
].join(" ");

/**
 * Writes the questions: SQL has no loop over tables, so one question prints the others, one for each table. The last line says how many there
 * were, so that a missing answer is not taken for a dropped table.
 */
const writeQuestions = [
  "SELECT 'SELECT json_object(''name'', ' || quote(t.name) || ', ''rows'', ' ||",
  `iif(t.sql LIKE 'CREATE VIRTUAL%', 'NULL', '(SELECT count(*) FROM "' || replace(t.name, '"', '""') || '")') ||`,
  "', ''columns'', json(' ||",
  `quote(iif(t.sql LIKE 'CREATE VIRTUAL%', '[]', ${columns})) || '));'`,
  `${tables} ORDER BY t.name;`,
  `SELECT 'SELECT ' || count(*) || ';' ${tables};`,
].join(" ");

/** Prints a snapshot of a database file. One call: the shell hands the written questions to a second sqlite3. */
export function snapshotCommand(file: string): readonly string[] {
  const script = `questions=$(sqlite3 -batch "$1" "$2") && printf '%s\\n' "$questions" | sqlite3 -batch -bail "$1"`;
  return ["sh", "-c", script, "snapshot", file, writeQuestions];
}

const answer = z.strictObject({
  name: z.string(),
  rows: z.int().nullable(),
  columns: z.array(z.strictObject({ name: z.string(), notNull: z.boolean(), hasDefault: z.boolean() })),
});

/** The snapshot that the command printed; fails on anything else, because a lint on half of a schema would find drops. */
export function parseSnapshot(output: string): Snapshot {
  const lines = output.trim().split("\n");
  const told = lines.slice(0, -1);
  if (lines.at(-1) !== String(told.length)) {
    throw new StepFailure(`the schema of the copy could not be read; sqlite3 printed: ${output.trim().slice(0, 500)}`);
  }
  return told.map((line) => {
    const { name, rows, columns } = answer.parse(JSON.parse(line));
    return { name, rows: rows ?? undefined, columns };
  });
}
