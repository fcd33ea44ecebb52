import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPath, isRecord, type Path, withValueAt } from "../../components/options/path.ts";
import { type Problem, renderProblems } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import { rootSchema } from "../../infra/config/schema.ts";
import { type Node, treeOf } from "../../infra/config/schema-tree.ts";
import { systems } from "../../infra/systems/index.ts";
import { hostileTexts } from "../fixtures/hostile.ts";
import { type GoodStack, good, rawOf, secure } from "./config-fixture.ts";

const howMany = 2500;

/** A place of the schema and what makes a value for it. */
interface Spot {
  readonly path: Path;
  readonly node: Node;
}

interface Change {
  readonly spot: Spot;
  readonly key: string | undefined;
  readonly value: unknown;
}

const canary = "canary-0f1e2d";

const texts = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 12 }),
);
const junk = fc.oneof(
  texts,
  fc.constantFrom(null, true, false, 0, -1, 1e21, 443, "", [], {}, [[]], "true", "0", "<value>", "CHANGE_THIS"),
  fc.jsonValue({ maxDepth: 2 }),
  // The mark of a secret: wherever it stands, no error may show it.
  fc.constantFrom({ fromEnv: "NOWHERE" }, { fromEnv: 1 }, { fromCommand: [] }, { fromCommand: ["a", "b"] }),
  texts.map((text) => secure(`${canary}${text}`)),
);
const keys = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "", ".", "a.b", 'q"q', "back\\slash", "two\nlines", "[0]", "ghcr.io"),
  fc.constantFrom("domian", "passwrd", "FOO", "replica"),
  texts,
);

const spots = Object.fromEntries(systems.map(({ name }) => [name, spotsOf(treeOf(rootSchema(named(name))), [])]));

function named(name: string) {
  const system = systems.find((one) => one.name === name);
  if (system === undefined) throw new Error(`there is no system ${name}`);
  return system;
}

function spotsOf(node: Node, path: Path): readonly Spot[] {
  const own = path.length === 0 ? [] : [{ path, node }];
  switch (node.kind) {
    case "group":
      return [...own, ...[...node.keys].flatMap(([key, inner]) => spotsOf(inner, [...path, key]))];
    case "names":
      return [...own, ...spotsOf(node.value, [...path, "NAME"])];
    case "leaf":
      return own;
  }
}

/** A value as the option wants it, encrypted where it must be. */
function wanted({ node }: Spot): unknown {
  if (node.kind !== "leaf") return {};
  const { kind } = node.doc;
  return kind.secret === true ? secure(String(kind.example)) : kind.example;
}

function changeOf(all: readonly Spot[]): fc.Arbitrary<Change> {
  return fc.constantFrom(...all).chain((spot) =>
    fc.record({
      spot: fc.constant(spot),
      key: fc.option(keys, { nil: undefined, freq: 5 }),
      value: fc.oneof({ weight: 3, arbitrary: fc.constant(wanted(spot)) }, { weight: 2, arbitrary: junk }),
    }),
  );
}

/** A key of the user's choice goes in where names are free, and beside the known ones where they are not. */
function apply(tree: unknown, { spot, key, value }: Change): unknown {
  const { path, node } = spot;
  if (key === undefined) return withValueAt(tree, path, value);
  return withValueAt(tree, node.kind === "leaf" ? [...path.slice(0, -1), key] : [...path, key], value);
}

const wholeConfigs = fc
  .record({
    system: fc.constantFrom(...systems.map(({ name }) => name)),
    base: fc.constantFrom<GoodStack>("local", "staging", "production"),
    odd: fc.option(fc.constantFrom("local", "production", "prod-eu", "t1"), { freq: 5, nil: undefined }),
  })
  .map(({ system, base, odd }) => ({ system, base, stack: odd ?? base }))
  .chain((choice) => {
    const all = spots[choice.system] ?? [];
    return fc.record({ ...constants(choice), changes: fc.array(changeOf(all), { maxLength: 4 }) });
  });

function constants<T extends object>(of: T) {
  return { choice: fc.constant(of) };
}

/** What `pulumi config set` or `rm` looks like, secrets through a pipe. */
const mending = /^(openssl rand -hex \d+ \| )?pulumi config (set|rm) /;

function assertProblem({ path, value, allowed, mend }: Problem, stack: string): void {
  expect(path).toMatch(/^slipway:./);
  expect(path + value).not.toMatch(/[\n\r]/);
  expect(allowed.length).toBeGreaterThan(3);
  expect(mend).toMatch(mending);
  expect(mend.endsWith(` --stack ${stack}`)).toBe(true);
}

test("no config crashes the reader, each refusal names its path and its mend, none shows a secret", () => {
  let refused = 0;
  const mends = new Map<string, string>();
  fc.assert(
    fc.property(wholeConfigs, ({ choice: { system, base, stack }, changes }) => {
      const start: unknown = { ...good[base], system };
      const tree = changes.reduce(apply, start);
      if (!isRecord(tree)) throw new Error("the changed config is no object");
      const reading = readSettings(rawOf(stack, tree));
      if (!("problems" in reading)) return;
      refused += 1;
      expect(reading.problems.length).toBeGreaterThan(0);
      for (const problem of reading.problems) {
        assertProblem(problem, stack);
        mends.set(problem.mend, stack);
      }
      expect(renderProblems(reading.problems)).not.toContain(canary);
    }),
    { numRuns: howMany },
  );
  console.log(`${howMany} configs tried: ${howMany - refused} accepted, ${refused} refused, ${mends.size} mends`);
  assertCommands([...mends.keys()]);
  expect(refused).toBeGreaterThan(howMany / 4);
  expect(howMany - refused).toBeGreaterThan(howMany / 100);
}, 300_000);

/** A real shell takes each mend apart: into Pulumi's words and nothing else, whatever the key or the value was. */
function assertCommands(mends: readonly string[]): void {
  const script = [
    `pulumi() { for word in "$@"; do printf '%s\\0' "$word"; done; printf '\\n\\n\\0'; }`,
    "openssl() { :; }",
    ...mends,
  ].join("\n");
  const said = execFileSync("sh", { input: script, maxBuffer: 1 << 28 }).toString("utf8");
  const calls = said.split("\n\n\0").slice(0, -1);
  expect(calls.length).toBeGreaterThanOrEqual(mends.length);
  for (const call of calls) {
    const words = call.split("\0").slice(0, -1);
    const [pulumi, verb, ...rest] = words;
    expect([pulumi, rest.at(-2)]).toEqual(["config", "--stack"]);
    const path = rest[0] === "--path" ? rest[1] : rest[0];
    expect(path).toMatch(/^slipway:/);
    expect(words.length - (rest[0] === "--path" ? 1 : 0), call).toBe(verb === "set" ? 6 : 5);
  }
}

/** Pulumi's ParsePropertyPath (sdk/go/common/resource/properties_path.go), its quoted steps: `\"` is the only escape. */
function quotedStep(path: string): string {
  const [, inner = ""] = /\["((?:\\"|[^"])*)"\]$/.exec(path) ?? [];
  return inner.replaceAll('\\"', '"');
}

test("a key of any letters is named so that Pulumi finds it", () => {
  // One that ends in a backslash cannot be said to Pulumi at all.
  const odd = keys.filter((key) => !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) && !key.endsWith("\\"));
  fc.assert(
    fc.property(odd, (key) => {
      expect(quotedStep(formatPath(["app", "extraEnv", key]))).toBe(key);
    }),
  );
});
