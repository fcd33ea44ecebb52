import { readFile } from "node:fs/promises";
import { z } from "zod";
import { isRecord, namespace, type Path, valueAt, withValueAt } from "../components/options/path.ts";
import { messageOf } from "../components/steps/failure.ts";
import { renderProblems } from "../infra/config/problem.ts";
import { readSettings } from "../infra/config/read.ts";
import { rootSchema } from "../infra/config/schema.ts";
import { nodeAt, treeOf } from "../infra/config/schema-tree.ts";
import type { Settings } from "../infra/config/settings.ts";
import type { RawConfig } from "../infra/config/source.ts";
import { DockerPlatform } from "../infra/platforms/docker/platform.ts";
import { systemNamed, systemOf } from "../infra/systems/index.ts";
import { isSystemFile, loadSystemFile } from "../infra/systems/own.ts";
import { parseArguments } from "../ops/arguments.ts";
import { rawConfigOfFile } from "../ops/env/config.ts";
import { renderComment } from "../ops/preview/render.ts";
import { readPreview } from "../ops/preview/steps.ts";
import { stackFile } from "../ops/stack-file.ts";
import { register } from "./doubles/mock-engine.ts";
import { against, type PreviewStep, previewOf } from "./doubles/mock-preview.ts";
import { placementOfSystem } from "./fixtures/placement.ts";

/**
 * `npm run preview:mocks -- --stack S [--json] [--against FILE]`: the program's composition on Pulumi's mocks, for a pull request of a fork. Reads the
 * stack's file and nothing else: no state, no Docker, no network, no secret. What it prints is what the program would make from nothing, or with
 * `--against` what it would make of what another checkout's run printed.
 */
async function previewMocks(argv: readonly string[]): Promise<void> {
  const { stack, rest } = parseArguments(argv);
  const wishes = optionsOf(rest);
  const { settings, system, examples } = await read(stack);
  const all = await register(() => {
    new DockerPlatform(placementOfSystem(settings, system));
  }, stack);
  const before = wishes.against === undefined ? undefined : stepsIn(await readFile(wishes.against, "utf8"));
  const now = previewOf(stack, all);
  const text = JSON.stringify(
    {
      steps: before === undefined ? now : against(before, now),
      diagnostics: [{ severity: "warning", message: onMocks(before !== undefined, examples) }],
    },
    undefined,
    2,
  );
  console.log(wishes.json ? text : renderComment(readPreview(text), stack).trimEnd());
}

function onMocks(compares: boolean, examples: readonly string[]): string {
  const what = compares
    ? "compared is what the two checkouts would make"
    : "shown is what the program would make from nothing";
  const filled =
    examples.length === 0 ? "" : `; in place of what only the stack's owner has: an example of ${examples.join(", ")}`;
  return `this preview ran on mocks, without the stack's state, host and secrets: ${what}${filled}`;
}

function optionsOf(rest: readonly string[]): { readonly json: boolean; readonly against: string | undefined } {
  const at = rest.indexOf("--against");
  const file = at < 0 ? undefined : rest[at + 1];
  const others = rest.filter((word, place) => word !== "--json" && (at < 0 || (place !== at && place !== at + 1)));
  if (others.length > 0 || (at >= 0 && file === undefined))
    throw new Error(`${rest.join(" ")}: allowed are --json and --against FILE`);
  return { json: rest.includes("--json"), against: file };
}

const printed = z.object({ steps: z.array(z.unknown()) });

function stepsIn(text: string): readonly PreviewStep[] {
  return printed.parse(JSON.parse(text)).steps as readonly PreviewStep[];
}

async function read(stack: string) {
  const text = await readFile(stackFile(stack), "utf8");
  const bare = rawConfigOfFile(stack, text);
  const name = bare.values[`${namespace}:system`];
  const own = isSystemFile(name) ? await loadSystemFile(name) : undefined;
  const root = treeOf(rootSchema(systemNamed(name, own?.options)));
  const exampleAt = (path: Path) => {
    const word = path.join(".");
    if (Object.hasOwn(standIns, word)) return standIns[word];
    const node = nodeAt(root, path);
    return node?.kind === "leaf" ? node.doc.kind.example : undefined;
  };
  const clear = withExamples(bare.fileValues ?? {}, encryptedIn(bare.fileValues ?? {}), exampleAt);
  const missing = missingIn(stack, clear, own);
  const settings = settingsOf(stack, withExamples(clear, missing, exampleAt), own);
  const system = own === undefined ? systemOf(settings) : own.system(settings);
  return { settings, system, examples: missing.map((path) => path.join(".")) };
}

/** For what production takes no example of: a public name, and an image by digest. */
const standIns: Readonly<Record<string, unknown>> = {
  "edge.domain": "stack-on-mocks.net",
  image: { ref: `registry.stack-on-mocks.net/app:0@sha256:${"0".repeat(64)}` },
};

type Values = Readonly<Record<string, unknown>>;
type Own = Awaited<ReturnType<typeof loadSystemFile>> | undefined;

/** Where the file has what only the stack's passphrase opens. */
function encryptedIn(value: unknown, path: Path = []): readonly Path[] {
  if (!isRecord(value)) return [];
  if ("secure" in value) return [path];
  return Object.entries(value).flatMap(([key, each]) => encryptedIn(each, [...path, key]));
}

/** What the config must have and the file has not: the template's own stacks leave open what only their owner knows. */
function missingIn(stack: string, values: Values, own: Own): readonly Path[] {
  const reading = readSettings(rawOf(stack, values, own));
  if ("settings" in reading) return [];
  const paths = reading.problems.flatMap(({ path, value }) =>
    value === "(not set)" ? [path.slice(`${namespace}:`.length).split(".")] : [],
  );
  return paths.filter((path) => valueAt(values, keyed(path)) === undefined);
}

function settingsOf(stack: string, values: Values, own: Own): Settings {
  const reading = readSettings(rawOf(stack, values, own));
  if ("problems" in reading) throw new Error(renderProblems(reading.problems));
  return reading.settings;
}

function rawOf(stack: string, fileValues: Values, own: Own): RawConfig {
  const text = JSON.stringify({ config: fileValues });
  return { ...rawConfigOfFile(stack, text), ...(own && { own: own.options }) };
}

function withExamples(values: Values, paths: readonly Path[], exampleAt: (path: Path) => unknown): Values {
  return paths.reduce((tree: Values, path) => {
    const [first = "", ...rest] = path.map((step) => String(step).replace(new RegExp(`^${namespace}:`), ""));
    const filled = withValueAt(tree, keyed([first, ...rest]), exampleAt([first, ...rest]));
    return isRecord(filled) ? filled : tree;
  }, values);
}

function keyed([first, ...rest]: Path): Path {
  return [`${namespace}:${String(first)}`, ...rest];
}

try {
  await previewMocks(process.argv.slice(2));
} catch (error) {
  console.error(`slipway preview:mocks: ${messageOf(error)}`);
  process.exitCode = 1;
}
