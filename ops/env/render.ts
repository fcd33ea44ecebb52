import { hidden } from "../../infra/config/finding.ts";
import { renderValue } from "../../infra/config/problem.ts";
import { type Entry, type Plan, pathText, sortEntries } from "./plan.ts";

/** What an import would do, a line for each variable of the file; no secret is in it. @param sees what the app has of a variable already */
export function renderPlan(plan: Plan, sees: (name: string) => string): string {
  const { added, changed, same } = sortEntries(plan.entries);
  return [
    group(
      "new",
      added.map((one) => [one.name, `${pathText(one)} = ${shown(one, one.value)}`]),
    ),
    group(
      "changed",
      changed.map((one) => [
        one.name,
        one.secret
          ? `${pathText(one)}: ${hidden} -> another ${hidden}`
          : `${pathText(one)}: ${renderValue(one.before)} -> ${renderValue(one.value)}`,
      ]),
    ),
    group(
      "as it is",
      same.map((one) => [one.name, pathText(one)]),
    ),
    group(
      "set by Slipway, the file's value is not taken",
      plan.reserved.map((name) => [name, sees(name)]),
    ),
    group(
      "empty, nothing to take",
      plan.empty.map((name) => [name, "what the stack has stays"]),
    ),
    group(
      "not taken: no option, and no name of this system",
      plan.unknown.map(({ name, secret }) => [name, `if the app reads it: ${adopt(name, secret)}`]),
    ),
    group(
      "given more than once",
      plan.doubled.map((name) => [name, "the last one holds"]),
    ),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function group(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([name]) => name.length));
  return [`${title}:`, ...rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)].join("\n");
}

function shown({ secret }: Entry, value: unknown): string {
  return secret ? hidden : renderValue(value);
}

/** Without --path a name that Pulumi would read as a path is none; a variable's name is letters, digits and _ here or is refused by the schema. */
function adopt(name: string, secret: boolean): string {
  return secret
    ? `pulumi config set --path 'slipway:app.secretEnv.${name}' --secret`
    : `pulumi config set --path 'slipway:app.extraEnv.${name}' <value>`;
}

/** Why nothing of a file was taken. */
export function renderRefusals(problems: readonly string[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`The file has ${count}; nothing was written.`, ...problems.map((one) => `  ${one}`)].join("\n");
}
