import { readFile } from "node:fs/promises";
import type { Path } from "../components/options/path.ts";
import { withValueAt } from "../components/options/path.ts";
import { readSettings } from "../infra/config/read.ts";
import { rootSchema } from "../infra/config/schema.ts";
import { type Node, treeOf } from "../infra/config/schema-tree.ts";
import type { Settings } from "../infra/config/settings.ts";
import type { SystemOptions } from "../infra/config/system-options.ts";
import { besideOf } from "../infra/systems/beside.ts";
import { systemOf, systems } from "../infra/systems/index.ts";
import { isSystemFile, loadSystemFile } from "../infra/systems/own.ts";
import type { System } from "../infra/systems/system.ts";
import type { Arguments } from "./arguments.ts";
import { stackFile, valueAt } from "./stack-file.ts";
import { tableLines } from "./table.ts";

/** A system with its defaults, and the word that `--system` takes. */
export interface SystemEntry {
  readonly wish: string;
  readonly system: System;
  readonly prometheus: boolean;
}

/** Slipway's systems, and the one of the user's own that the stack's config names. */
export async function describeSystems({
  stack,
  system,
}: Pick<Arguments, "stack" | "system">): Promise<readonly SystemEntry[]> {
  const known = systems.map((options) => entry(options, systemOf));
  const file = system ?? (await systemOfStack(stack));
  if (!isSystemFile(file)) return known;
  const own = await loadSystemFile(file);
  return [...known, entry(own.options, own.system)];
}

/** Whether a system is reached through an edge. One that is not has no use for another's, which could then not go before it. */
export async function hasRoutes(wish: string): Promise<boolean> {
  const all = await describeSystems({ stack: "", system: wish });
  return all.some((entry) => entry.wish === wish && entry.system.routes.length > 0);
}

async function systemOfStack(stack: string): Promise<string | undefined> {
  const text = await readFile(stackFile(stack), "utf8").catch(() => "");
  const found = valueAt(text, ["system"]);
  return typeof found === "string" ? found : undefined;
}

function entry(options: SystemOptions, system: (settings: Settings) => System): SystemEntry {
  const settings = defaultsOf(options);
  return { wish: options.name, system: system(settings), prometheus: settings.prometheus.enabled };
}

/** The settings of a stack that sets only what it must; what only a user can know is each option's own example. */
export function defaultsOf(options: SystemOptions): Settings {
  const root = treeOf(rootSchema(options));
  const needed = requiredOptions(root, []).filter(([path]) => path.join(".") !== "image.build.context");
  const build = withValueAt({}, ["image", "build", "context"], ".");
  const tree = needed.reduce((value, [path, example]) => withValueAt(value, path, example), build);
  const values = Object.entries({ ...(tree as object), system: options.name }).map(([key, value]) => [
    `slipway:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const reading = readSettings({
    project: "slipway",
    stack: "local",
    own: options,
    values: Object.fromEntries(values),
    secretKeys: new Set(values.map(([key = ""]) => key)),
  });
  if ("problems" in reading)
    throw new Error(
      `the defaults of ${options.name} are refused: ${reading.problems.map(({ path }) => path).join(", ")}`,
    );
  return reading.settings;
}

function requiredOptions(node: Node, path: Path): readonly (readonly [Path, unknown])[] {
  switch (node.kind) {
    case "group":
      return node.optional ? [] : [...node.keys].flatMap(([key, inner]) => requiredOptions(inner, [...path, key]));
    case "names":
      return [];
    case "leaf":
      return node.doc.fallback === "required" ? [[path, node.doc.kind.example]] : [];
  }
}

const columns = [
  "system",
  "title",
  "version",
  "mode",
  "workloads",
  "stores and parts",
  "at least",
  "guide",
  "start",
] as const;

/** A plain table, a line for each system. */
export function renderSystems(entries: readonly SystemEntry[]): string {
  return tableLines([columns, ...entries.map(cellsOf)]).join("\n");
}

function cellsOf({ wish, system, prometheus }: SystemEntry): readonly string[] {
  const { cores, memoryGb, diskGb, docker, guide } = system.minimum;
  return [
    isSystemFile(wish) ? system.name : wish,
    system.title,
    system.version,
    system.mode,
    system.workloads.map(({ name, replicas }) => (replicas === 1 ? name : `${name} x${replicas}`)).join(", "),
    partsOf(system, prometheus).join(", "),
    `${cores} ${cores === 1 ? "core" : "cores"}, ${memoryGb} GB, disk ${diskGb} GB, Docker ${docker}`,
    guide,
    `npm start -- --system ${wish}`,
  ];
}

function partsOf(system: System, prometheus: boolean): readonly string[] {
  return [
    system.database.kind,
    ...(system.redis.enabled ? ["redis"] : []),
    ...besideOf(system),
    ...(system.ollama === undefined || system.ollama.mode === "off" ? [] : [`ollama (${system.ollama.mode})`]),
    ...(prometheus ? ["prometheus"] : []),
    "switch",
    ...(system.routes.length > 0 ? ["edge"] : []),
  ];
}
