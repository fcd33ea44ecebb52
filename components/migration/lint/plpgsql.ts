import { parsePlPgSQL } from "libpg-query";

/** What an anonymous block (`DO $$ ... $$`) runs. */
export interface Block {
  readonly statements: readonly string[];
  /** Whether a part of it is put together at run time, or is in a language that is not PL/pgSQL: no lint can read that. */
  readonly hidden: boolean;
}

/** The SQL inside a DO block, in the order it is written; branches that were not taken included. */
export async function readBlock(statement: string): Promise<Block> {
  const tree: unknown = await parsePlPgSQL(statement);
  const nodes = [...walk(tree)];
  const statements = nodes.filter(([key]) => key === "PLpgSQL_stmt_execsql").flatMap(([, body]) => queriesIn(body));
  const hidden = nodes.some(([key]) => key.startsWith("PLpgSQL_stmt_dyn"));
  // Another language has no statements at all, not even the block itself.
  return { statements, hidden: hidden || !nodes.some(([key]) => key === "PLpgSQL_stmt_block") };
}

function queriesIn(body: unknown): readonly string[] {
  return [...walk(body)].flatMap(([key, value]) => (key === "query" && typeof value === "string" ? [value] : []));
}

function* walk(value: unknown): Generator<readonly [string, unknown]> {
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) {
    yield [key, child];
    yield* walk(child);
  }
}
