import type { DropStmt, Node, RenameStmt } from "libpg-query";
import type { Finding } from "./finding.ts";
import { found, nameOf, qualified, type Scope, texts } from "./scope.ts";

/** The findings of a DROP of anything but a table that this migration made itself. */
export function drop({ objects, removeType, behavior }: DropStmt, scope: Scope): readonly Finding[] {
  const names = (objects ?? []).map(objectName);
  switch (removeType) {
    case "OBJECT_TABLE":
    case "OBJECT_FOREIGN_TABLE":
      return names.filter((name) => !scope.created.delete(name)).flatMap((name) => found("drop-table", name));
    case "OBJECT_SCHEMA":
      return names.flatMap((name) => found("drop-schema", name));
    case "OBJECT_VIEW":
    case "OBJECT_MATVIEW":
      return names.filter((name) => !scope.views.delete(name)).flatMap((name) => found("drop-view", name));
    default:
      return behavior === "DROP_CASCADE" ? names.flatMap((name) => found("drop-cascade", name)) : [];
  }
}

function objectName(node: Node): string {
  if ("List" in node) return qualified(texts(node.List.items));
  if ("TypeName" in node) return qualified(texts(node.TypeName.names));
  if ("ObjectWithArgs" in node) return qualified(texts(node.ObjectWithArgs.objname));
  return qualified(texts([node]));
}

/** The findings of a RENAME; a table of this migration's own keeps being its own under the new name. */
export function rename({ renameType, relation, subname, newname }: RenameStmt, scope: Scope): readonly Finding[] {
  const table = nameOf(relation);
  switch (renameType) {
    case "OBJECT_TABLE":
    case "OBJECT_VIEW":
    case "OBJECT_MATVIEW":
      if (!scope.created.delete(table)) return found("rename", table);
      scope.created.add(qualified([relation?.schemaname ?? "", newname ?? "?"]));
      return [];
    case "OBJECT_COLUMN":
      return scope.created.has(table) || scope.addedColumns.has(`${table}.${subname}`)
        ? []
        : found("rename", `${table}.${subname}`);
    case "OBJECT_SCHEMA":
      return found("rename", subname ?? "?");
    default:
      return [];
  }
}
