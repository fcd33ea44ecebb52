import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loaderText } from "../../components/steps/resource.ts";

/** A checkout with one step, whose answers show what reached it. */
const step = `export default {
  reconcile: async (inputs: object) => ({ reconciled: Object.keys(inputs) }),
  changed: (before: { a: number }, wanted: { a: number }) => (before.a === wanted.a ? [] : ["a"]),
  remove: async (state: { a: number }) => { console.log(JSON.stringify({ removed: state.a })); },
};
`;

/** What the dynamic provider does with the text that a state holds, in a process of its own: the step's module needs Node's own type stripping. */
const caller = `
const module = { exports: {} };
new Function("exports", "require", process.env.TEXT)(module.exports, require);
const provider = module.exports.handler();
(async () => {
  console.log(JSON.stringify(await provider.create({ a: 1 })));
  console.log(JSON.stringify(await provider.diff("id", { a: 1 }, { a: 1 })));
  console.log(JSON.stringify(await provider.diff("id", { a: 1 }, { a: 2 })));
  console.log(JSON.stringify(await provider.update("id", { a: 1 }, { a: 2 })));
  await provider.delete("id", { a: 3 });
})();
`;

let checkout: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), "slipway-loader-"));
  for (const folder of ["infra", "components/rollout"]) mkdirSync(join(checkout, folder), { recursive: true });
  writeFileSync(join(checkout, "package.json"), '{ "type": "module" }');
  writeFileSync(join(checkout, "components/rollout/step.ts"), step);
});
afterAll(() => rmSync(checkout, { recursive: true }));

const texts = {
  "as it is written now": loaderText("rollout/step.ts"),
  // The first states hold what the SDK's serializer made of a function: destroy and refresh of them run that.
  "as the SDK's serializer wrote it into the first states": readFileSync(
    join(import.meta.dirname, "../fixtures/loader-serialized.txt"),
    "utf8",
  ),
};

describe.each(Object.entries(texts))("the loader's text %s", (_, text) => {
  test("loads today's step from the checkout for create, diff, update and delete", () => {
    const cwd = join(checkout, "infra");
    const env = { ...process.env, TEXT: text, NODE_OPTIONS: "" };
    const printed = execFileSync(process.execPath, ["-e", caller], { cwd, env, encoding: "utf8" });
    expect(
      printed
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: "rollout/step.ts", outs: { a: 1, reconciled: ["a"] } },
      { changes: false },
      { changes: true },
      { outs: { a: 2, reconciled: ["a"] } },
      { removed: 3 },
    ]);
  });
});

test("the text holds nothing of a step: neither its inputs' names nor an engine client", () => {
  for (const word of ["dockerode", "secretEnv", "journal", "zod"])
    expect(texts["as it is written now"]).not.toContain(word);
});
