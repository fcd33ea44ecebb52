import { floorOf, floors, nounFile } from "./floors.ts";
import type { SourceFile } from "./read.ts";

const longest = 250;
const median = 90;

/** What of the house's rules these files break, in words; `any` and `!` are biome's (biome.json). */
export function brokenRules(files: readonly SourceFile[]): readonly string[] {
  return [
    ...tooLong(files),
    ...upwards(files),
    ...circles(files).map((circle) => `circle: ${[...circle, circle[0]].join(" -> ")}`),
    ...impureSpecs(files),
    ...impurePolicies(files),
    ...knowingNouns(files),
    ...files.flatMap(({ path, excuses }) => excuses.map((excuse) => `${path}: ${excuse}`)),
    ...files.flatMap(({ path, madeInApply }) =>
      madeInApply.map((made) => `${path}: new ${made} within .apply, which no preview shows`),
    ),
    ...files.flatMap(({ path, unexplained }) =>
      unexplained.map((name) => `${path}: ${name} has no docstring: what its name and types do not say`),
    ),
    ...files
      .filter(({ path }) => /\b(utils?|helpers?|common|misc)\b/.test(path))
      .map(({ path }) => `${path}: a name that says nothing of what is in it`),
  ];
}

function tooLong(files: readonly SourceFile[]): readonly string[] {
  const middle = files.map(({ lines }) => lines).sort((a, b) => a - b)[Math.floor(files.length / 2)] ?? 0;
  return [
    ...files
      .filter(({ lines }) => lines > longest)
      .map(({ path, lines }) => `${path}: ${lines} lines, at most ${longest}`),
    ...(middle > median ? [`half of the files have more than ${median} lines (median ${middle})`] : []),
  ];
}

/** Imports that climb, and files that stand nowhere. */
function upwards(files: readonly SourceFile[]): readonly string[] {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path, imports }) => {
    const own = floorOf(path);
    if (own === undefined) return [`${path}: its folder stands on no floor; ops/house/floors.ts names them`];
    return imports
      .filter((other) => known.has(other) && (floorOf(other) ?? own) < own)
      .map((other) => `${path} -> ${other}: ${floors[own]?.name} imports what stands above it`);
  });
}

/** Pure: a spec may be loaded, and tested, without the engine's SDK. */
function impureSpecs(files: readonly SourceFile[]): readonly string[] {
  const specs = files.filter(({ path }) => /^components\/[^/]+\/spec\.ts$/.test(path));
  return specs.flatMap(({ path, imports }) =>
    imports.filter((name) => name.startsWith("@pulumi/")).map((name) => `${path}: a spec imports ${name}`),
  );
}

/** Policies are pure but for the SDK that serves them: what they know of components is data, never how it is made or carried out. */
function impurePolicies(files: readonly SourceFile[]): readonly string[] {
  const impure = /^components\/.*\/(docker|resource|step|[\w-]+\.step)\.ts$|^@pulumi\/(?!policy$)/;
  return files
    .filter(({ path }) => path.startsWith("policy/"))
    .flatMap(({ path, imports }) =>
      imports.filter((name) => impure.test(name)).map((name) => `${path}: a policy imports ${name}`),
    );
}

/** Who asks for what all nouns say loads every one of them: each is data alone. */
function knowingNouns(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => nounFile.test(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter((name) => name !== "components/nouns/spec.ts")
        .map((name) => `${path}: what a noun says of itself imports ${name}`),
    );
}

/** Every set of files that reach each other by imports, types included (Tarjan's strongly connected components). */
export function circles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
  const number = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): number => {
    const own = number.size;
    number.set(path, own);
    open.push(path);
    let low = own;
    for (const next of importsOf.get(path) ?? []) {
      if (!importsOf.has(next)) continue;
      if (!number.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, number.get(next) ?? own);
    }
    if (low === own) {
      const circle = open.splice(open.indexOf(path));
      if (circle.length > 1 || importsOf.get(path)?.includes(path)) found.push(circle);
    }
    return low;
  };
  for (const path of importsOf.keys()) if (!number.has(path)) visit(path);
  return found;
}
