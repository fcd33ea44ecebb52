import { expect } from "vitest";
import { z } from "zod";
import { expectNoChanges, expectSuccess } from "./release.ts";
import type { TestStack } from "./stack.ts";

const answer = z.object({
  stack: z.string(),
  drift: z.array(z.object({ kind: z.string(), name: z.string(), was: z.string(), is: z.string(), mend: z.string() })),
});

/** What `npm run drift` names, each in one line; its exit code is that of a look that was possible. */
export async function driftOf(stack: TestStack): Promise<readonly string[]> {
  const run = await stack.slipway("drift", "--json");
  expect([0, 2], run.output).toContain(run.code);
  const found = answer.parse(JSON.parse(run.stdout)).drift;
  expect(run.code).toBe(found.length === 0 ? 0 : 2);
  return found.map(({ kind, name, was, is }) => `${kind} ${name}: ${is} (was ${was})`).sort();
}

/** `npm start` puts everything right, says how, and leaves nothing to do. */
export async function mendsAll(stack: TestStack): Promise<string> {
  const up = await stack.slipway("start");
  expectSuccess(up);
  expect(await driftOf(stack)).toEqual([]);
  await expectNoChanges(stack);
  return up.output;
}
