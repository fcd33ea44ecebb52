import { quote, script } from "../steps/shell.ts";
import { emptyDump } from "./dump.ts";

const broken = "-- slipway: the dump cannot be read";

/** Lines of a table's name, a tab and its number of rows. Two that are equal had the same tables with as many rows. */

/** Of a dump, from the dump itself: what it would restore. */
export function countDump(file: string): readonly string[] {
  const count = [
    // psql's own text: a line is a row, whatever is in it, and one with \. alone ends the table.
    '/^COPY / && !inside { name = $0; sub(/^COPY /, "", name); sub(/ \\(.*$/, "", name); sub(/ +FROM stdin;$/, "", name); rows = 0; inside = 1; next }',
    'inside && $0 == "\\\\." { printf "%s\\t%d\\n", name, rows; inside = 0; next }',
    "inside { rows++ }",
    `$0 == "${broken}" { failed = 1 }`,
    "END { exit failed }",
  ].join("\n");
  const data = `pg_restore --data-only --file=- ${quote(file)}`;
  return script(
    `if head -n 1 ${quote(file)} | grep -aqxF ${quote(emptyDump)}; then exit 0; fi`,
    "rows=$(mktemp)",
    // A pipe's exit code is its last command's: a dump that could not be read must not count as empty.
    `{ ${data} || echo ${quote(broken)}; } | LC_ALL=C awk ${quote(count)} > "$rows"`,
    'LC_ALL=C sort "$rows"; rm -f "$rows"',
  );
}

/** Of the database that the session is connected to, without the tables of extensions, which no dump holds. */
export function countTables(): readonly string[] {
  const rows = "query_to_xml(format('SELECT count(*) AS rows FROM %I.%I', n.nspname, c.relname), false, true, '')";
  const name = "format('%I.%I', n.nspname, c.relname)";
  const sql = [
    `SELECT ${name} || chr(9) || (xpath('/row/rows/text()', ${rows}))[1]::text`,
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
    "WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
    "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')",
  ].join(" ");
  return script(`psql -XqAt -v ON_ERROR_STOP=1 -c ${quote(sql)} | LC_ALL=C sort`);
}
