import type { ColumnDef, Constraint, ConstrType, Node } from "libpg-query";
import { texts } from "./scope.ts";

/** Functions that answer the same within one statement, so that one value serves all old rows. Anything else may be volatile. */
const stable = new Set(
  "now transaction_timestamp statement_timestamp timezone date_trunc to_timestamp to_char make_interval current_setting lower upper concat md5 array_length json_build_object jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb".split(
    " ",
  ),
);

const serials = new Set(["smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"]);

/** The constraints of a column, in order. */
export function constraintsOf(column: ColumnDef): readonly Constraint[] {
  return (column.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
}

/** Whether the column has one of these, written with the column and not with the table. */
export function hasConstraint(column: ColumnDef, ...types: readonly ConstrType[]): boolean {
  return constraintsOf(column).some(({ contype }) => contype !== undefined && types.includes(contype));
}

/** Whether rows that leave the column out get a value other than NULL. */
export function hasDefault(column: ColumnDef): boolean {
  const given = constraintsOf(column).find(({ contype }) => contype === "CONSTR_DEFAULT")?.raw_expr;
  return (
    isSerial(column) ||
    hasConstraint(column, "CONSTR_IDENTITY", "CONSTR_GENERATED") ||
    (given !== undefined && !isNull(given))
  );
}

/** Whether each old row needs a value of its own, which rewrites the table. */
export function rewrites(column: ColumnDef): boolean {
  if (isSerial(column) || hasConstraint(column, "CONSTR_IDENTITY")) return true;
  return constraintsOf(column).some(
    (constraint) =>
      // A virtual generated column (PostgreSQL 18) is computed when read.
      (constraint.contype === "CONSTR_GENERATED" && constraint.generated_kind !== "v") ||
      (constraint.contype === "CONSTR_DEFAULT" && isVolatile(constraint.raw_expr)),
  );
}

function isSerial(column: ColumnDef): boolean {
  return serials.has(texts(column.typeName?.names).at(-1) ?? "");
}

function isNull(expression: Node): boolean {
  if ("TypeCast" in expression) return expression.TypeCast.arg !== undefined && isNull(expression.TypeCast.arg);
  return "A_Const" in expression && expression.A_Const.isnull === true;
}

/** Any call in the expression that is not known to be stable. */
function isVolatile(expression: unknown): boolean {
  if (expression === null || typeof expression !== "object") return false;
  return Object.entries(expression).some(
    ([key, value]) => (key === "FuncCall" && !isStableCall(value)) || isVolatile(value),
  );
}

function isStableCall(call: { readonly funcname?: Node[] }): boolean {
  return stable.has(texts(call.funcname).at(-1) ?? "");
}
