import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

const checkout = join(import.meta.dirname, "../..");

/** The first line that the pack prints: the port on which an engine asks it. */
async function started(cwd: string, ...args: readonly string[]): Promise<string> {
  const pack = spawn(process.execPath, [...args, "127.0.0.1:1", "."], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const errors: string[] = [];
  pack.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  try {
    const [first] = await Promise.race([
      once(pack.stdout.setEncoding("utf8"), "data"),
      once(pack, "exit").then(() => [errors.join("")]),
    ]);
    return String(first).trim();
  } finally {
    pack.kill();
  }
}

/** That runner loads the TypeScript of node_modules for itself: one without a compiler to load (7) would end it here. */
test("the pack starts by Pulumi's own runner, as an official engine starts it", async () => {
  const runner = 'require("@pulumi/pulumi/cmd/run-policy-pack")';
  expect(await started(join(checkout, "policy"), "-e", runner, "run-policy-pack")).toMatch(/^\d+$/);
});

test("and alone, as an engine built from source starts it", async () => {
  expect(await started(join(checkout, "policy", "source"), "main.mjs")).toMatch(/^\d+$/);
});
