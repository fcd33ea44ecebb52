import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseArguments } from "../../../../ops/arguments.ts";
import { postComment } from "../../../../ops/preview/post.ts";
import { GitHubDouble } from "../../../doubles/github.ts";

const marker = "<!-- slipway-preview:staging -->";
let github: GitHubDouble;
let folder: string;
let said: string[];

beforeEach(async () => {
  github = await GitHubDouble.start("the-token");
  folder = mkdtempSync(join(tmpdir(), "slipway-post-"));
  said = [];
  vi.stubEnv("GITHUB_API_URL", github.url);
  vi.stubEnv("GITHUB_REPOSITORY", "ann/shop");
  vi.stubEnv("GITHUB_TOKEN", "the-token");
  vi.stubEnv("PULL_REQUEST", "7");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await github.stop();
  rmSync(folder, { recursive: true });
});

function post(body: string): Promise<number> {
  const file = join(folder, "comment.md");
  writeFileSync(file, body);
  return postComment(parseArguments([file]), (line) => said.push(line));
}

test("the first preview is a new comment, each later one takes its place; another stack has its own", async () => {
  expect(await post(`${marker}\nfirst`)).toBe(0);
  await post("<!-- slipway-preview:production -->\nother");
  await post(`${marker}\nsecond`);
  expect(github.comments.map(({ body }) => body)).toEqual([
    `${marker}\nsecond`,
    "<!-- slipway-preview:production -->\nother",
  ]);
  expect(said).toEqual([
    "posted https://github.example/1000",
    "posted https://github.example/1001",
    "edited https://github.example/1000",
  ]);
});

test("by the command that the workflow runs, which says nothing of the token", async () => {
  const file = join(folder, "comment.md");
  writeFileSync(file, `${marker}\nfirst`);
  const argv = ["run", "-s", "preview:post", "--", file];
  const { stdout, stderr } = await promisify(execFile)("npm", argv, { cwd: join(import.meta.dirname, "../../../..") });
  expect(github.comments.map(({ body }) => body)).toEqual([`${marker}\nfirst`]);
  expect(stdout + stderr).toContain("posted https://github.example/1000");
  expect(stdout + stderr).not.toContain("the-token");
});

test("it is found behind more than a page of others", async () => {
  for (let id = 0; id < 130; id += 1) github.comments.push({ id, body: "nice", user: { type: "User" } });
  await post(`${marker}\nfirst`);
  await post(`${marker}\nsecond`);
  expect(github.comments).toHaveLength(131);
  expect(github.comments.at(-1)?.body).toBe(`${marker}\nsecond`);
});

test("a person's comment with the same first line is left alone", async () => {
  github.comments.push({ id: 1, body: `${marker}\nmine`, user: { type: "User" } });
  await post(`${marker}\nours`);
  expect(github.comments.map(({ body }) => body)).toEqual([`${marker}\nmine`, `${marker}\nours`]);
});

test("what is not of preview:comment is not posted", async () => {
  await expect(post("hello")).rejects.toThrow("is not what `npm run -s preview:comment` prints");
  expect(github.asked).toEqual([]);
});

test("a refusal is told with the right that is missing, never with the token", async () => {
  github.refuses = 403;
  const refusal = post(`${marker}\nfirst`);
  await expect(refusal).rejects.toThrow(/GitHub answered 403 to POST .*needs `permissions: pull-requests: write`$/);
  await expect(refusal).rejects.not.toThrow("the-token");
});

test("an environment that says not enough names what is missing", async () => {
  vi.stubEnv("PULL_REQUEST", "7; rm -rf /");
  vi.stubEnv("GITHUB_TOKEN", "");
  await expect(post(`${marker}\nfirst`)).rejects.toThrow("GITHUB_TOKEN, PULL_REQUEST");
});
