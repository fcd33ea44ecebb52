import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderComment } from "../../ops/preview/render.ts";
import { readPreview } from "../../ops/preview/steps.ts";

const checkout = join(import.meta.dirname, "../..");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-mocks-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As a fork's job runs it: with nothing but a PATH. */
async function previewMocks(...args: readonly string[]): Promise<string> {
  const command = ["npm", "run", "-s", "preview:mocks", "--", ...args] as const;
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], DOCKER_HOST: "unix:///nowhere.sock" };
  const { stdout } = await promisify(execFile)("npm", command.slice(1), { cwd: checkout, env, maxBuffer: 64e6 });
  return stdout;
}

describe.each(["staging", "production"])("npm run preview:mocks of %s", (stack) => {
  let text: string;
  beforeAll(async () => {
    text = await previewMocks("--stack", stack, "--json");
  }, 120_000);

  test("prints what the program would make, in the shape that preview:comment reads", () => {
    const preview = readPreview(text);
    expect(preview).toMatchObject({ stack, failed: false, same: 0 });
    expect(preview.changes.map(({ name }) => name)).toEqual(expect.arrayContaining(["edge", "switch", "rollout"]));
    const comment = renderComment(preview, stack);
    expect(comment.split("\n", 1)).toEqual([`<!-- slipway-preview:${stack} -->`]);
    expect(comment).toContain("this preview ran on mocks, without the stack's state, host and secrets");
    expect(comment).toContain("edge.domain");
    expect(comment.length).toBeLessThan(60_000);
  });

  test("has no secret's text in it", () => {
    expect(text).not.toMatch(/a-generated-password|the-ca-key/);
    expect(text).toContain("[secret ");
  });

  test("against another checkout's run it shows what differs alone", async () => {
    const base = JSON.parse(text);
    const [redis] = base.steps.filter(({ urn }: { urn: string }) => urn.endsWith("Container::redis"));
    redis.newState.inputs.image = "sha256:another";
    base.steps.push({ op: "create", urn: redis.urn.replace("redis", "gone"), newState: redis.newState });
    const file = join(folder, `${stack}.json`);
    writeFileSync(file, JSON.stringify(base));
    const { changes } = readPreview(await previewMocks("--stack", stack, "--json", "--against", file));
    expect(changes.map(({ op, name, keys }) => [op, name, keys])).toEqual([
      ["delete", "gone", expect.any(Array)],
      ["replace", "redis", ["image"]],
    ]);
  }, 120_000);
});

test("what is no option of it is refused", async () => {
  await expect(previewMocks("--stack", "staging", "--yes")).rejects.toThrow("allowed are --json and --against FILE");
}, 60_000);
