import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from "libpg-query";
import { constraintsOf, hasConstraint, hasDefault, rewrites } from "./column-default.ts";
import type { Finding } from "./finding.ts";
import { found, nameOf, type Scope } from "./scope.ts";

/** The findings of one ALTER TABLE on a table that others use. */
export function alterTable(statement: AlterTableStmt, scope: Scope): readonly Finding[] {
  const table = nameOf(statement.relation);
  // ALTER INDEX, VIEW and SEQUENCE have the same tree.
  if (statement.objtype !== "OBJECT_TABLE" || scope.created.has(table)) return [];
  return (statement.cmds ?? []).flatMap((node) =>
    "AlterTableCmd" in node ? command(table, node.AlterTableCmd, scope) : [],
  );
}

function command(table: string, { subtype, name, def }: AlterTableCmd, scope: Scope): readonly Finding[] {
  const column = `${table}.${name ?? "?"}`;
  switch (subtype) {
    case "AT_DropColumn":
      return scope.addedColumns.has(column) ? [] : found("drop-column", column);
    case "AT_AlterColumnType":
      return scope.addedColumns.has(column) ? [] : found("alter-type", column);
    case "AT_SetNotNull":
      return found(scope.validated.has(table) ? "not-null" : "set-not-null", column);
    case "AT_AddColumn":
      return def !== undefined && "ColumnDef" in def ? addColumn(table, def.ColumnDef, scope) : [];
    case "AT_AddIdentity":
      return found("add-column-rewrites", column);
    case "AT_AddConstraint":
      return def !== undefined && "Constraint" in def ? addConstraint(table, def.Constraint) : [];
    case "AT_ValidateConstraint":
      scope.validated.add(table);
      return [];
    default:
      return [];
  }
}

function addColumn(table: string, column: ColumnDef, scope: Scope): readonly Finding[] {
  const at = `${table}.${column.colname ?? "?"}`;
  scope.addedColumns.add(at);
  // A foreign key of a column that is NULL everywhere has nothing to check: PostgreSQL skips the scan.
  const scanned = hasDefault(column) ? (["CONSTR_FOREIGN", "CONSTR_CHECK"] as const) : (["CONSTR_CHECK"] as const);
  return [
    ...(hasConstraint(column, "CONSTR_NOTNULL", "CONSTR_PRIMARY") && !hasDefault(column)
      ? found("add-not-null", at)
      : []),
    ...(rewrites(column) ? found("add-column-rewrites", at) : []),
    ...(hasConstraint(column, "CONSTR_UNIQUE", "CONSTR_PRIMARY") ? found("add-unique", at) : []),
    ...(constraintsOf(column).some(
      ({ contype, skip_validation }) => scanned.some((type) => type === contype) && !skip_validation,
    )
      ? found("add-constraint", at)
      : []),
  ];
}

function addConstraint(table: string, constraint: Constraint): readonly Finding[] {
  const at = constraint.conname === undefined ? table : `${table}.${constraint.conname}`;
  switch (constraint.contype) {
    case "CONSTR_FOREIGN":
    case "CONSTR_CHECK":
      return constraint.skip_validation === true ? [] : found("add-constraint", at);
    case "CONSTR_NOTNULL":
      return found(constraint.skip_validation === true ? "not-null" : "set-not-null", at);
    case "CONSTR_UNIQUE":
    case "CONSTR_PRIMARY":
      return constraint.indexname === undefined ? found("add-unique", at) : [];
    case "CONSTR_EXCLUSION":
      return found("add-exclusion", at);
    default:
      return [];
  }
}
