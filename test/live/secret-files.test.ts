/** Secrets that a product reads from files: in memory, for its user alone, in no variable of its process; a changed one is a release. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { ordersProduct } from "./support/product.ts";
import { expectNoChanges, expectNoFailure, expectSuccess, launch, polled } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.orders("./test/live/support/orders-secret-files.system.ts");
  await stack.set(["slipway:app"], { replicas: 2, workers: 1 });
  await stack.set(["slipway:rollout", "bakeSeconds"], 0);
  const made = await stack.pulumi("stack", "init", "--no-select");
  if (made.code !== 0) throw new Error(made.output);
  outside = await launch(stack);
});
afterAll(() => stack?.destroy());

async function said(id: string, script: string): Promise<string> {
  const { exitCode, output } = await runner.exec(id, { argv: ["sh", "-c", script] });
  if (exitCode !== 0) throw new Error(output);
  return output.trim();
}

const ids = async () => [...(await outside.running("web")), ...(await outside.running("worker"))].map(({ Id }) => Id);
const keyOf = (id: string) => said(id, "cat /run/secrets/api-key");
const keys = async () => [...new Set(await Promise.all((await ids()).map(keyOf)))];

test("each replica and worker has them: mode 0400, its own user's, the very values", async () => {
  for (const id of await ids()) {
    expect(await said(id, "stat -c '%a %u %n' /run/secrets/*")).toBe(
      "400 1000 /run/secrets/api-key\n400 1000 /run/secrets/database-password",
    );
    expect(
      await said(id, 'case "$ORDERS_DATABASE_URL" in *":$(cat /run/secrets/database-password)@"*) echo same;; esac'),
    ).toBe("same");
  }
  const found = await keys();
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^[0-9a-f]{32}$/);
});

test("in no variable of the process, and nothing on a disk", async () => {
  for (const id of await ids()) {
    expect(await said(id, "tr '\\0' '\\n' </proc/1/environ")).not.toMatch(/SLIPWAY_FILE/);
    expect(await said(id, "stat -f -c %T /run/secrets")).toBe("tmpfs");
  }
});

test("a second preview shows no change", () => expectNoChanges(stack));

test("a container that starts again has them again", async () => {
  const [web] = await outside.running("web");
  if (web === undefined) throw new Error("no web runs");
  const before = await keyOf(web.Id);
  await engine.getContainer(web.Id).restart({ t: 10 });
  expect(await eventually("the file is there", () => keyOf(web.Id))).toBe(before);
});

test("a changed one is a release: no request fails, and everybody has the new one", async () => {
  await outside.healthy();
  const [before = ""] = await keys();
  await stack.set(["slipway:secrets"], { rotate: { apiKey: 1 } });
  const { result, tally, rows } = await polled({ stack, outside, product: () => ordersProduct(outside) }, () =>
    stack.slipway("start"),
  );
  expectSuccess(result);
  expectNoFailure(tally, rows);
  expect(result.output).not.toContain(before);
  const after = await keys();
  expect(after).toHaveLength(1);
  expect(after).not.toEqual([before]);
});
