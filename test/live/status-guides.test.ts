/** Everything that AIDIS' monitoring script and Tria's diagnostics show is in `npm run status` of the real stacks; the guides' lines are cited. */
import { afterAll, describe, expect, it } from "vitest";
import type { OpenAIDouble } from "../doubles/openai.ts";
import checklist from "../fixtures/status-checklist.json" with { type: "json" };
import { AidisStack } from "./support/aidis-stack.ts";
import type { TestStack } from "./support/stack.ts";
import { openaiDouble, triaStack } from "./support/tria.ts";

let double: OpenAIDouble | undefined;
const stacks: TestStack[] = [];

afterAll(async () => {
  for (const stack of stacks) await stack.destroy();
  await double?.stop();
});

/** The products, each started when its turn comes. */
const products: Readonly<Record<string, () => Promise<TestStack>>> = {
  async aidis() {
    const system = await AidisStack.make();
    stacks.push(system.stack);
    const up = await system.release({ version: "1.0.0" });
    if (up.code !== 0) throw new Error(up.output);
    return system.stack;
  },
  async tria() {
    double = await openaiDouble();
    const stack = await triaStack(double);
    stacks.push(stack);
    const up = await stack.slipway("start");
    if (up.code !== 0) throw new Error(up.output);
    return stack;
  },
};

describe.each(Object.keys(products))("%s", (system) => {
  const lines = checklist.filter((each) => each.system === system);

  it(`shows all ${lines.length} lines of its guide`, async () => {
    const stack = await products[system]?.();
    if (stack === undefined) throw new Error("no stack");
    const { code, stdout, output } = await stack.slipway("status");
    expect(code, output).toBe(0);
    const missing = lines.filter(({ shows }) => !new RegExp(shows, "m").test(stdout));
    expect(
      missing.map(({ guide, says }) => `${guide} ${says}`),
      stdout,
    ).toEqual([]);
    console.log(`  ${lines.length} of ${lines.length} lines of guide ${lines[0]?.guide.split(":")[0]} are shown`);
  });
});
