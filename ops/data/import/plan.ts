import { posix } from "node:path";
import { type BroughtKind, incomingFile, incomingFolder } from "../../../components/backup/incoming.ts";
import type { DataSpec } from "../../../components/backup/spec.ts";
import { besideSqlite, type Given } from "./given.ts";

/** What becomes of what was given: a set of the stack's. */
export interface ImportPlan {
  readonly database: { readonly given: Given; readonly kind: BroughtKind };
  /** Of each thing that was given: entry to place in the set; what is in no map stays where it is. */
  readonly places: ReadonlyMap<Given, ReadonlyMap<string, string>>;
  /** Directories of the system that come along. */
  readonly directories: readonly string[];
  /** Files that belong to no set, e.g. logs. */
  readonly left: number;
}

type Shape = Pick<DataSpec, "database" | "directories">;

/** @throws Error with every reason at once, each with what is allowed */
export function planImport(given: readonly Given[], data: Shape, stack: string): ImportPlan {
  const places = new Map(given.map((each) => [each, placesOf(each, data)]));
  const databases = given.flatMap((each) => databaseIn(each, places.get(each), data));
  const problems = [
    ...given.flatMap((each) => problemsOf(each, places.get(each), data)),
    ...countProblem(databases, data),
    ...twice([...places.values()]),
  ];
  const [database] = databases;
  if (problems.length > 0 || database === undefined)
    throw new Error(
      `stack ${stack} cannot take this; nothing was changed:\n${problems.map((each) => `  ${each}`).join("\n")}\n` +
        `Allowed: ${allowed(data)}, e.g. npm run restore -- --stack ${stack} --from ${example(data)}`,
    );
  const targets = [...places.values()].flatMap((each) => [...each.values()]);
  return {
    database,
    places,
    directories: data.directories
      .map(({ name }) => name)
      .filter((name) => targets.some((target) => target.startsWith(`${name}/`))),
    left: given.reduce((sum, each) => sum + each.entries.length - (places.get(each)?.size ?? 0), 0),
  };
}

function placesOf({ kind, packed, entries }: Given, data: Shape): ReadonlyMap<string, string> {
  const [first = "", ...beside] = entries;
  switch (kind) {
    case "sqlite":
    case "dump":
    case "sql": {
      const file = incomingFile(kind);
      const rest = beside.map((entry) => [entry, `${file}${suffixOf(entry)}`] as const);
      return new Map([[first, packed ? `${file}.gz` : file], ...rest]);
    }
    case "folder":
    case "tar":
      return new Map(entries.flatMap((entry) => placeOf(entry, data)));
    default:
      return new Map();
  }
}

/** `./data/chromadb/x` is of the directory chromadb, `data/tmws.db` the database, whatever is before that in an archive's names. */
function placeOf(entry: string, { database, directories }: Shape): readonly (readonly [string, string])[] {
  const names = entry.split("/").filter((name) => name !== "" && name !== ".");
  const file = names.at(-1) ?? "";
  if (database.kind === "sqlite") {
    const base = posix.basename(database.file);
    if (file === base) return [[entry, incomingFile("sqlite")]];
    if (besideSqlite.some((suffix) => file === `${base}${suffix}`))
      return [[entry, `${incomingFile("sqlite")}${suffixOf(file)}`]];
    // SQLite makes it anew from the log.
    if (file === `${base}-shm`) return [];
  }
  for (const [at, folder] of names.slice(0, -1).entries()) {
    const directory = directories.find((each) => namesOf(each).includes(folder));
    if (directory !== undefined) return [[entry, [directory.name, ...names.slice(at + 1)].join("/")]];
  }
  return [];
}

function suffixOf(entry: string): string {
  return besideSqlite.find((suffix) => entry.endsWith(suffix)) ?? "";
}

/** Guide 000 moves Chroma's folder from /app/.chroma to /app/data/chromadb; archives of before have the old name. */
const formerNames: Readonly<Record<string, readonly string[]>> = { chromadb: [".chroma"] };

function namesOf({ name, path }: Shape["directories"][number]): readonly string[] {
  return [...new Set([name, posix.basename(path), ...(formerNames[name] ?? [])])];
}

function databaseIn(
  given: Given,
  places: ReadonlyMap<string, string> | undefined,
  { database }: Shape,
): readonly ImportPlan["database"][] {
  const { kind } = given;
  if (database.kind === "postgres") return kind === "dump" || kind === "sql" ? [{ given, kind }] : [];
  const file = incomingFile("sqlite");
  const found = [...(places ?? [])].filter(([, target]) => target === file || target === `${file}.gz`);
  return found.map(() => ({ given, kind: "sqlite" }));
}

const described: Readonly<Record<Given["kind"], string>> = {
  sqlite: "a file of SQLite",
  dump: "a dump of PostgreSQL's",
  sql: "SQL of pg_dump",
  cluster: "the SQL of pg_dumpall, with roles and every database",
  tar: "an archive",
  folder: "a folder",
  missing: "no such file or folder, seen from the checkout",
  unknown: "neither a database nor an archive",
};

function problemsOf(
  { path, kind, odd, broken, entries }: Given,
  places: ReadonlyMap<string, string> | undefined,
  { database }: Shape,
): readonly string[] {
  if (broken !== undefined) return [`${path}: it cannot be read to its end: ${broken}`];
  const outside = entries.filter((entry) => entry.startsWith("/") || entry.split("/").includes(".."));
  if (outside.length > 0) return [`${path}: ${outside[0]} leads out of it`];
  if (odd.length > 0) return [`${path}: ${odd[0]} is a link or a device; only files and folders are taken`];
  if (kind === "missing" || kind === "unknown" || kind === "cluster") return [`${path}: it is ${described[kind]}`];
  const fits = database.kind === "sqlite" ? kind !== "dump" && kind !== "sql" : kind !== "sqlite";
  if (!fits) return [`${path}: it is ${described[kind]}; this stack keeps its rows in ${kept[database.kind]}`];
  return places?.size === 0 ? [`${path}: nothing of this system's data is in ${described[kind]} like this`] : [];
}

const kept = { sqlite: "SQLite", postgres: "PostgreSQL" } as const;

function countProblem(databases: readonly ImportPlan["database"][], { database }: Shape): readonly string[] {
  if (databases.length === 1) return [];
  if (databases.length === 0) return [`there is no database of ${kept[database.kind]} in what was given`];
  return [
    `there are ${databases.length} databases: ${databases.map(({ given }) => given.path).join(", ")}; one can be restored`,
  ];
}

/** Two files for one place: which of them is meant is not ours to guess. */
function twice(places: readonly ReadonlyMap<string, string>[]): readonly string[] {
  const seen = new Map<string, string>();
  const problems: string[] = [];
  const files = places.flatMap((each) => [...each]).filter(([, target]) => !target.startsWith(`${incomingFolder}/`));
  for (const [entry, target] of files) {
    const other = seen.get(target);
    if (other !== undefined && problems.length === 0) problems.push(`${other} and ${entry} are for the same place`);
    seen.set(target, entry);
  }
  return problems;
}

function allowed({ database, directories }: Shape): string {
  const folders = directories.map((each) => namesOf(each).join(" or "));
  const archives = folders.length === 0 ? [] : [`.tar.gz archives or folders called ${folders.join(", ")}`];
  const rows =
    database.kind === "sqlite"
      ? [`one file of SQLite, or a folder with ${posix.basename(database.file)} in it`]
      : ["one dump by `pg_dump -F c`, or by plain `pg_dump` (.sql, .sql.gz)"];
  return [...rows, ...archives].join("; ");
}

function example({ database, directories }: Shape): string {
  const [first] = directories;
  const archive = first === undefined ? "" : ` ${first.name}_20251128_020000.tar.gz`;
  return database.kind === "sqlite"
    ? `${posix.basename(database.file, ".db")}_20251128_020000.db${archive}`
    : `${database.name}_20251128_020000.dump${archive}`;
}
