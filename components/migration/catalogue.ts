import { createHash } from "node:crypto";
import { type Database, sqlCommand } from "../database/spec.ts";

/** What a database is made of, a line for each table, column, constraint, index and the like, sorted: what a hand may change while the revision stays. */
export type Catalogue = readonly string[];

const ours = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;
/** Of an extension's own objects its version decides. */
const extension = (catalog: string, id: string) =>
  `EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${id} AND d.deptype = 'e')`;

/** Names are written whole, whoever asks: the search path is empty. Partitions come and go with the rows; their parent tells what they are. */
const ofPostgres = `
SELECT 'table ' || c.oid::regclass || CASE WHEN c.relrowsecurity THEN ' with row security' ELSE '' END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT ${extension("pg_class", "c.oid")}
UNION ALL SELECT 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(CASE WHEN a.attgenerated <> '' THEN ' generated ' ELSE ' default ' END || pg_get_expr(e.adbin, e.adrelid), '')
    || CASE a.attidentity WHEN 'a' THEN ' always identity' WHEN 'd' THEN ' identity' ELSE '' END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
  WHERE ${ours} AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
    AND NOT ${extension("pg_class", "c.oid")}
UNION ALL SELECT 'constraint ' || k.conrelid::regclass || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND NOT c.relispartition AND k.contype <> 'n' AND NOT ${extension("pg_class", "c.oid")}
UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND NOT c.relispartition AND NOT ${extension("pg_class", "c.oid")}
UNION ALL SELECT 'view ' || c.oid::regclass || ' ' || md5(pg_get_viewdef(c.oid))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND c.relkind IN ('v', 'm') AND NOT ${extension("pg_class", "c.oid")}
UNION ALL SELECT 'sequence ' || c.oid::regclass
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND c.relkind = 'S' AND NOT ${extension("pg_class", "c.oid")}
UNION ALL SELECT 'type ' || t.oid::regtype || ' ' || string_agg(l.enumlabel, ', ' ORDER BY l.enumsortorder)
  FROM pg_type t JOIN pg_enum l ON l.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE ${ours} AND NOT ${extension("pg_type", "t.oid")} GROUP BY t.oid
UNION ALL SELECT 'trigger ' || pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'O' THEN '' ELSE ' (not as usual enabled)' END
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND NOT g.tgisinternal
UNION ALL SELECT 'function ' || p.oid::regprocedure || ' ' || md5(p.prosrc)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${ours} AND NOT ${extension("pg_proc", "p.oid")}
UNION ALL SELECT 'extension ' || extname FROM pg_extension`;

/** Litestream's own tables are there while a log is received, and no work of a migration. */
const ofSqlite =
  "SELECT type || ' ' || name || ' ' || replace(replace(coalesce(sql, ''), char(13), ' '), char(10), ' ') FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_litestream\\_%' ESCAPE '\\'";

/** The database's client with the question, to be run where it reaches the live data. `parseCatalogue` reads the answer. */
export function catalogueCommand(database: Database): readonly string[] {
  return sqlCommand(database, "live", catalogueQuestions(database.kind));
}

/** SQL whose answer is a line for each thing of the schema, from columns to triggers and extensions; views and functions by a hash of their text. */
export function catalogueQuestions(kind: Database["kind"]): readonly string[] {
  return kind === "sqlite" ? [ofSqlite] : ["SET search_path = ''", oneLine(ofPostgres)];
}

/** Sorted, white space made one: two catalogues of one schema are equal texts. */
export function parseCatalogue(output: string): Catalogue {
  const lines = output.split("\n").map((line) => oneLine(line));
  return lines.filter((line) => line !== "").sort();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** What a config names to accept a schema as it is. */
export function printOf(catalogue: Catalogue): string {
  return createHash("sha256").update(catalogue.join("\n")).digest("hex").slice(0, 16);
}

export interface SchemaChange {
  readonly was: readonly string[];
  readonly is: readonly string[];
}

/** What is other than it was; undefined when nothing is. */
export function schemaChange(recorded: Catalogue, found: Catalogue): SchemaChange | undefined {
  const [before, after] = [new Set(recorded), new Set(found)];
  const was = recorded.filter((line) => !after.has(line));
  const is = found.filter((line) => !before.has(line));
  return was.length + is.length === 0 ? undefined : { was, is };
}

const shown = 6;

/** `new: ...; gone: ...`, of each at most six, each cut at 160 letters. */
export function schemaWords({ was, is }: SchemaChange): string {
  return [listed("new", is), listed("gone", was)].filter((each) => each !== "").join("; ");
}

function listed(word: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const more = lines.length > shown ? ` and ${lines.length - shown} more` : "";
  return `${word}: ${lines
    .slice(0, shown)
    .map((line) => (line.length > 160 ? `${line.slice(0, 160)}...` : line))
    .join(", ")}${more}`;
}

/** What a user can do about a schema that was changed by hand: nothing of it is taken back or accepted silently. */
export function schemaMend(found: Catalogue, stack: string): string {
  return `take it back by hand, or restore a set from before; to accept it as it is: ${acceptCommand(found, stack)}, then \`npm start -- --stack ${stack}\``;
}

/** Accepts exactly the schema that was found, by its fingerprint: one that is changed again is refused again. */
export function acceptCommand(found: Catalogue, stack: string): string {
  return `\`pulumi config set --path slipway:rollout.acceptSchema ${printOf(found)} --stack ${stack}\``;
}
