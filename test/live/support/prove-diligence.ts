import { expect } from "vitest";
import { z } from "zod";
import { inside, type Sql } from "./diligence.ts";
import { type Outside, runner } from "./host.ts";

const check = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    method: z.string(),
    path: z.string(),
    token: z.boolean().optional(),
    status: z.number(),
    /** A part of the answer. */
    json: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    kind: z.literal("exec"),
    part: z.string(),
    command: z.array(z.string()),
    contains: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal("sql"), sql: z.string(), expect: z.string() }),
  /** The product does not begin with these variables, says why, and keeps the value to itself. */
  z.strictObject({ kind: z.literal("refused"), env: z.record(z.string(), z.string()), says: z.string() }),
]);

/** Proves one entry of the checklist on a running stack. */
export async function prove(outside: Outside, sql: Sql, token: string, entry: unknown): Promise<void> {
  const wanted = check.parse(entry);
  switch (wanted.kind) {
    case "http": {
      const { status, body } = await outside.https(wanted.method, wanted.path, wanted.token === true ? { token } : {});
      expect(status, body).toBe(wanted.status);
      if (wanted.json !== undefined) expect(JSON.parse(body)).toMatchObject(wanted.json);
      return;
    }
    case "exec": {
      const output = await inside(outside, wanted.part, ...wanted.command);
      for (const each of wanted.contains) expect(output).toContain(each);
      return;
    }
    case "sql":
      expect(await sql(wanted.sql)).toBe(wanted.expect);
      return;
    case "refused": {
      const [worker] = await outside.running("worker");
      const { exitCode, output } = await runner.exec(worker?.Id ?? "", { argv: ["diligence-check"], env: wanted.env });
      expect(exitCode).toBe(1);
      expect(output).toContain(wanted.says);
      for (const value of Object.values(wanted.env)) expect(output.replace(wanted.says, "")).not.toContain(value);
      return;
    }
    default:
      wanted satisfies never;
  }
}
