import { environmentOf } from "../../components/options/environment.ts";
import { type Path, related, valueAt, withValueAt } from "../../components/options/path.ts";
import type { Remedy, Rule } from "../../components/options/rule.ts";
import { systemNamed } from "../systems/index.ts";
import { type Complete, complete, type Input, rulesOf } from "./complete.ts";
import { type Finding, problemOf, show } from "./finding.ts";
import type { Mend } from "./mend.ts";
import { prepare } from "./prepare.ts";
import { type Problem, renderValue } from "./problem.ts";
import { rootSchema } from "./schema.ts";
import { type Group, nodeAt, treeOf } from "./schema-tree.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { type RawConfig, treeOfValues } from "./source.ts";
import type { SystemOptions } from "./system-options.ts";

export type Reading = { readonly settings: Settings } | { readonly problems: readonly Problem[] };

/**
 * A stack's config, checked as a whole. Every problem is found in one go: a broken value is replaced by a valid one,
 * so that what depends on the others is still checked.
 */
export function readSettings(raw: RawConfig): Reading {
  const system = systemNamed(raw.values["slipway:system"], raw.own);
  const root = treeOf(rootSchema(system));
  if (root.kind !== "group") throw new Error("the config's schema must be an object");
  const source = treeOfValues(raw, root);
  const prepared = prepare(root, source.tree, [], raw);
  const shape = checkShape(system, root, prepared.value, raw, source.tree, [...source.findings, ...prepared.findings]);
  const whole = complete(shape.input, system, raw.stack, raw.shared);
  const findings = [...shape.findings, ...checkRules(system, root, whole, raw, source.tree, shape.findings)];
  if (findings.length === 0) return { settings: settingsOf(whole, raw.project) };
  return { problems: inOrder(root, findings).map((finding) => problemOf(finding, raw.stack)) };
}

/** What zod refuses, and the input with valid values in its place. */
function checkShape(
  system: SystemOptions,
  root: Group,
  value: unknown,
  raw: RawConfig,
  given: unknown,
  known: readonly Finding[],
): { readonly input: Input; readonly findings: readonly Finding[] } {
  const schema = rootSchema(system);
  const first = schema.safeParse(value);
  if (first.success) return { input: first.data, findings: known };
  const paths = first.error.issues.map(({ path }) =>
    path.map((step) => (typeof step === "number" ? step : String(step))),
  );
  const broken = paths.filter((path, place) => paths.findIndex((other) => samePath(other, path)) === place);
  const found = broken.map((path) => wrongValue(root, path, valueAt(given, path), raw));
  const healed = broken.reduce((tree, path) => withValueAt(tree, path, kindAt(root, path).example), value);
  return { input: schema.parse(healed), findings: [...known, ...found] };
}

function wrongValue(root: Group, path: Path, value: unknown, raw: RawConfig): Finding {
  const kind = kindAt(root, path);
  const set = { do: "set", path, kind } as const;
  // Pulumi cannot put an item into what is no list.
  const mends = kind.item !== undefined && value !== undefined ? ([{ do: "remove", path }, set] as const) : [set];
  return { path, value: show(raw, path, value, nodeAt(root, path)), allowed: kind.allowed, mends };
}

function checkRules(
  system: SystemOptions,
  root: Group,
  whole: Complete,
  raw: RawConfig,
  given: unknown,
  known: readonly Finding[],
): readonly Finding[] {
  const isBroken = (path: Path) => known.some((finding) => related(finding.path, path));
  const isReported = (path: Path) =>
    known.some((finding) => finding.path.length <= path.length && related(finding.path, path));
  const environment = environmentOf(whole.chosenEnvironment, raw.stack);
  return rulesOf(system)
    .filter((rule) => rule.in.includes(environment) && !(rule.reads ?? []).some(isBroken))
    .flatMap((rule) =>
      rule
        .breaks(whole)
        // An item of a list that the user did not write follows from another option, which is judged itself.
        .filter((path) => !isReported(path) && (typeof path.at(-1) === "string" || valueAt(given, path) !== undefined))
        .map((path) => brokenRule(rule, root, path, whole, raw, given)),
    );
}

function brokenRule(
  rule: Rule<Complete>,
  root: Group,
  path: Path,
  whole: Complete,
  raw: RawConfig,
  given: unknown,
): Finding {
  const own = valueAt(given, path);
  const inForce = valueAt(whole, path);
  const node = nodeAt(root, path);
  const byDefault = own === undefined && inForce !== undefined && node.kind === "leaf";
  const remedies = rule.remedy?.(whole, path) ?? [{ set: path }];
  return {
    path,
    value: byDefault ? `${renderValue(inForce)} (by default)` : show(raw, path, own, node),
    allowed: rule.allowed,
    mends: remedies.map((remedy) => mendOf(root, remedy)),
  };
}

function mendOf(root: Group, remedy: Remedy): Mend {
  if ("run" in remedy) return { do: "run", command: remedy.run };
  if ("remove" in remedy) return { do: "remove", path: remedy.remove };
  return { do: "set", path: remedy.set, kind: kindAt(root, remedy.set), value: remedy.to };
}

/** The kind of the option at a path, or of the list's item. */
function kindAt(root: Group, path: Path) {
  const node = nodeAt(root, path);
  if (node.kind === "group") throw new Error(`no option of the config stands at ${path.join(".")}`);
  const { kind } = node.doc;
  return typeof path.at(-1) === "number" && kind.item !== undefined ? kind.item : kind;
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && related(a, b);
}

/** The order of the schema, unknown keys last; within a section as found. */
function inOrder(root: Group, findings: readonly Finding[]): readonly Finding[] {
  const keys = [...root.keys.keys()];
  const rank = ({ path }: Finding) => {
    const place = keys.indexOf(String(path[0]));
    return place < 0 ? keys.length : place;
  };
  return findings.toSorted((a, b) => rank(a) - rank(b));
}
