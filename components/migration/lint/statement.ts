import type { CreateStmt, DefElem, IntoClause, Node, UpdateStmt } from "libpg-query";
import { alterTable } from "./alter-table.ts";
import { drop, rename } from "./drop-rename.ts";
import type { Finding } from "./finding.ts";
import { found, nameOf, qualified, type Scope, texts } from "./scope.ts";

/** LOCK modes from SHARE (5) on stop writers; the weaker ones stop only other migrations. */
const shareLock = 5;

/** The findings of one statement; what it creates is added to the scope. */
export function lintStatement(node: Node, scope: Scope): readonly Finding[] {
  return [...inner(node).flatMap((part) => lintStatement(part, scope)), ...lintOne(node, scope)];
}

function lintOne(node: Node, scope: Scope): readonly Finding[] {
  const used = (table: string) => !scope.created.has(table);
  if ("CreateStmt" in node) return create(node.CreateStmt, scope);
  if ("CreateTableAsStmt" in node)
    return into(node.CreateTableAsStmt.into, node.CreateTableAsStmt.if_not_exists, scope);
  if ("SelectStmt" in node) return into(node.SelectStmt.intoClause, false, scope);
  if ("AlterTableStmt" in node) return alterTable(node.AlterTableStmt, scope);
  if ("DropStmt" in node) return drop(node.DropStmt, scope);
  if ("RenameStmt" in node) return rename(node.RenameStmt, scope);
  if ("AlterObjectSchemaStmt" in node) {
    const { objectType, relation } = node.AlterObjectSchemaStmt;
    return objectType === "OBJECT_TABLE" && used(nameOf(relation)) ? found("rename", nameOf(relation)) : [];
  }
  if ("AlterEnumStmt" in node) {
    const { oldVal, typeName } = node.AlterEnumStmt;
    return oldVal === undefined ? [] : found("rename", `${qualified(texts(typeName))}.${oldVal}`);
  }
  if ("ViewStmt" in node) {
    scope.views.add(nameOf(node.ViewStmt.view));
    return [];
  }
  if ("TruncateStmt" in node) return each("truncate", node.TruncateStmt.relations, scope);
  if ("LockStmt" in node) {
    return (node.LockStmt.mode ?? 0) < shareLock ? [] : each("lock-table", node.LockStmt.relations, scope);
  }
  if ("DeleteStmt" in node) {
    const { relation, whereClause } = node.DeleteStmt;
    return whereClause === undefined && used(nameOf(relation)) ? found("delete-all", nameOf(relation)) : [];
  }
  if ("UpdateStmt" in node) return update(node.UpdateStmt, scope);
  if ("IndexStmt" in node) {
    const { relation, concurrent } = node.IndexStmt;
    return concurrent === true || !used(nameOf(relation)) ? [] : found("create-index", nameOf(relation));
  }
  if ("VacuumStmt" in node) {
    if (!hasOption(node.VacuumStmt.options, "full")) return [];
    const tables = (node.VacuumStmt.rels ?? []).flatMap((rel) =>
      "VacuumRelation" in rel ? [nameOf(rel.VacuumRelation.relation)] : [],
    );
    return (tables.length === 0 ? ["every table"] : tables).flatMap((table) => found("vacuum-full", table));
  }
  if ("ClusterStmt" in node)
    return found("cluster", node.ClusterStmt.relation ? nameOf(node.ClusterStmt.relation) : "every table");
  if ("ReindexStmt" in node) {
    const { relation, name, params } = node.ReindexStmt;
    return hasOption(params, "concurrently") ? [] : found("reindex", relation ? nameOf(relation) : (name ?? "?"));
  }
  return [];
}

/** Statements inside others that run with them: `WITH gone AS (DELETE ...)`, `PREPARE ... AS UPDATE`, `CREATE SCHEMA s CREATE TABLE ...`. */
function inner(node: Node): readonly Node[] {
  if ("PrepareStmt" in node) return node.PrepareStmt.query === undefined ? [] : [node.PrepareStmt.query];
  if ("CreateSchemaStmt" in node) return node.CreateSchemaStmt.schemaElts ?? [];
  if ("CreateTableAsStmt" in node)
    return node.CreateTableAsStmt.query === undefined ? [] : [node.CreateTableAsStmt.query];
  const clause =
    ("SelectStmt" in node && node.SelectStmt.withClause) ||
    ("InsertStmt" in node && node.InsertStmt.withClause) ||
    ("UpdateStmt" in node && node.UpdateStmt.withClause) ||
    ("DeleteStmt" in node && node.DeleteStmt.withClause) ||
    ("MergeStmt" in node && node.MergeStmt.withClause) ||
    undefined;
  return (clause?.ctes ?? []).flatMap((cte) =>
    "CommonTableExpr" in cte && cte.CommonTableExpr.ctequery !== undefined ? [cte.CommonTableExpr.ctequery] : [],
  );
}

function create(statement: CreateStmt, scope: Scope): readonly Finding[] {
  // IF NOT EXISTS may have made nothing: then the table is an old one, with users.
  if (statement.if_not_exists !== true) scope.created.add(nameOf(statement.relation));
  return [];
}

function into(clause: IntoClause | undefined, ifNotExists: boolean | undefined, scope: Scope): readonly Finding[] {
  if (clause !== undefined && ifNotExists !== true) scope.created.add(nameOf(clause.rel));
  return [];
}

function update({ relation, whereClause, targetList }: UpdateStmt, scope: Scope): readonly Finding[] {
  const table = nameOf(relation);
  if (whereClause !== undefined || scope.created.has(table)) return [];
  const columns = (targetList ?? []).map((node) => ("ResTarget" in node ? (node.ResTarget.name ?? "?") : "?"));
  const onlyNew = columns.every((column) => scope.addedColumns.has(`${table}.${column}`));
  return found(onlyNew ? "fill-new-column" : "update-all", table);
}

function each(id: "truncate" | "lock-table", relations: readonly Node[] | undefined, scope: Scope): readonly Finding[] {
  const names = (relations ?? []).flatMap((node) => ("RangeVar" in node ? [nameOf(node.RangeVar)] : []));
  return names.filter((name) => !scope.created.has(name)).flatMap((name) => found(id, name));
}

/** `FULL`, `(FULL)` and `(FULL true)`, but not `(FULL false)`. */
function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  const given: readonly DefElem[] = (options ?? []).flatMap((node) => ("DefElem" in node ? [node.DefElem] : []));
  return given.some(({ defname, arg }) => defname === name && !isOff(arg));
}

function isOff(arg: Node | undefined): boolean {
  if (arg === undefined) return false;
  if ("Integer" in arg) return (arg.Integer.ival ?? 0) === 0;
  if ("Boolean" in arg) return arg.Boolean.boolval !== true;
  return "String" in arg && ["false", "off"].includes(arg.String.sval ?? "");
}
