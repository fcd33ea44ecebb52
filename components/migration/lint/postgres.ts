import { type Node, parse } from "libpg-query";
import { distinct, type Finding } from "./finding.ts";
import { readBlock } from "./plpgsql.ts";
import { newScope, type Scope } from "./scope.ts";
import { lintStatement } from "./statement.ts";

const shownLetters = 80;

/** What a migration's statements, in their order, lock, lose or break. PostgreSQL's own parser reads them, so nothing is guessed from text. */
export async function lintPostgres(statements: readonly string[]): Promise<readonly Finding[]> {
  const scope = newScope();
  const findings: Finding[] = [];
  for (const statement of statements) findings.push(...(await lintText(statement, scope)));
  return distinct(findings.filter(({ id, at }) => id !== "drop-view" || !scope.views.has(at)));
}

async function lintText(text: string, scope: Scope): Promise<readonly Finding[]> {
  if (text.trim() === "") return [];
  const nodes = await read(text);
  if (nodes === undefined) return [unread(text)];
  const findings: Finding[] = [];
  for (const node of nodes) {
    findings.push(...("DoStmt" in node ? await lintBlock(node, text, scope) : lintStatement(node, scope)));
  }
  return findings;
}

/** Undefined when PostgreSQL 18 would refuse it: then it is not SQL, or a log line that was cut. */
async function read(text: string): Promise<readonly Node[] | undefined> {
  try {
    return ((await parse(text)).stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
  } catch {
    return undefined;
  }
}

async function lintBlock(block: Node, text: string, scope: Scope): Promise<readonly Finding[]> {
  const source = sourceOf(block);
  try {
    const { statements, hidden } = await readBlock(source);
    const findings: Finding[] = [];
    for (const statement of statements) findings.push(...(await lintText(statement, scope)));
    return hidden ? [...findings, unread(text)] : findings;
  } catch {
    return [unread(text)];
  }
}

/** The block alone: other statements may stand beside it in the same text. */
function sourceOf(block: Node): string {
  const args = "DoStmt" in block ? (block.DoStmt.args ?? []) : [];
  const option = (name: string): string => {
    const element = args.map((arg) => ("DefElem" in arg ? arg.DefElem : {})).find((each) => each.defname === name);
    return element?.arg !== undefined && "String" in element.arg ? (element.arg.String.sval ?? "") : "";
  };
  return `DO LANGUAGE ${option("language") || "plpgsql"} $slipway_block$${option("as")}$slipway_block$`;
}

function unread(text: string): Finding {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return { id: "unread", at: line.length > shownLetters ? `${line.slice(0, shownLetters)}...` : line };
}
