import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** A file of the product as the rules and the picture see it. */
export interface SourceFile {
  /** Seen from the checkout. */
  readonly path: string;
  readonly lines: number;
  /** What it imports, types too: a file of the checkout by its path, a package by its name. */
  readonly imports: readonly string[];
  /** Comments that ask a check to look away, or put something off. */
  readonly excuses: readonly string[];
  /** Classes of ours or of a package that are made within `.apply`: a resource made there is in no preview. */
  readonly madeInApply: readonly string[];
  /** Exported functions without a docstring on the line above them. */
  readonly unexplained: readonly string[];
}

const checkout = join(import.meta.dirname, "../..");
const folders = "{infra,components,ops,policy,toolchain}/**/*.{ts,mjs}";

const excuse = /(?:\/\/|\/\*|^ *\*)[^\n]*?(@ts-(?:ignore|nocheck|expect-error)|biome-ignore|\b(?:TODO|FIXME)\b)/gm;

/** Every file of the product, in the order of their names. */
export function readSources(): readonly SourceFile[] {
  return globSync(folders, { cwd: checkout })
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(checkout, path), "utf8")));
}

/** One file's text; pure. */
export function sourceOf(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const nodes = [...walk(tree)];
  const imports = nodes.flatMap(importedBy).map((name) => (name.startsWith(".") ? join(dirname(path), name) : name));
  return {
    path,
    lines: text.trimEnd().split("\n").length,
    imports: [...new Set(imports)],
    excuses: [...text.matchAll(excuse)].map(([, word = ""]) => word),
    unexplained: tree.statements.filter((each) => !isExplained(each, text)).flatMap(functionsOf),
    madeInApply: nodes.filter(isApply).flatMap(({ arguments: given }) => given.flatMap(madeBelow)),
  };
}

function* walk(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* walk(child);
}

/** `import`, `export from`, `import()` and types written as `import("...")`. */
function importedBy(node: ts.Node): readonly string[] {
  const named = (at: ts.Node | undefined) => (at !== undefined && ts.isStringLiteralLike(at) ? [at.text] : []);
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return named(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return named(node.arguments[0]);
  return [];
}

/** A comment with a blank line below it is the file's. */
function isExplained(statement: ts.Statement, text: string): boolean {
  return text.slice(0, statement.getStart()).endsWith("*/\n");
}

/** The functions that a statement exports, by their names. */
function functionsOf(statement: ts.Statement): readonly string[] {
  const exported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (exported !== true) return [];
  if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? "default"];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations
    .filter(
      ({ initializer }) =>
        initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)),
    )
    .map(({ name }) => name.getText());
}

function isApply(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === "apply"
  );
}

/** What the language itself brings (Set, Error, URL) is no resource. */
function madeBelow(node: ts.Node): readonly string[] {
  return [...walk(node)]
    .filter((inner) => ts.isNewExpression(inner))
    .map(({ expression }) => expression.getText())
    .filter((name) => !Object.hasOwn(globalThis, name));
}
