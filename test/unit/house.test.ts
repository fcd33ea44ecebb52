import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { architecturePath, currentPicture, picturePath } from "../../ops/docs.ts";
import { readSources, type SourceFile, sourceOf } from "../../ops/house/read.ts";
import { brokenRules } from "../../ops/house/rules.ts";

const sources = readSources();

it("keeps its own rules", () => {
  expect(sources.length).toBeGreaterThan(200);
  expect(brokenRules(sources)).toEqual([]);
});

it("is drawn as it is; mend with npm run docs", () => {
  expect(readFileSync(picturePath, "utf8")).toBe(currentPicture());
});

it("is described by files that exist", () => {
  const page = readFileSync(architecturePath, "utf8");
  const named = [...page.matchAll(/`((?:components|infra|ops|toolchain|test)\/[\w./-]+)`/g)].map(
    ([, path = ""]) => path,
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(join(architecturePath, "../..", path)))).toEqual([]);
});

describe("each rule can be broken", () => {
  const file = (path: string, ...imports: readonly string[]) =>
    sourceOf(path, imports.map((to) => `import "${to}";`).join("\n"));
  const lines = (path: string, count: number): SourceFile => ({ ...file(path), lines: count });

  it.each<[rule: string, files: readonly SourceFile[], words: readonly string[]]>([
    [
      "250 lines",
      [
        lines("ops/a.ts", 251),
        lines("ops/b.ts", 250),
        lines("ops/c.ts", 1),
        lines("ops/d.ts", 1),
        lines("ops/e.ts", 1),
      ],
      ["ops/a.ts: 251 lines, at most 250"],
    ],
    [
      "the median",
      [lines("ops/a.ts", 91), lines("ops/b.ts", 91), lines("ops/c.ts", 1)],
      ["half of the files have more than 90 lines (median 91)"],
    ],
    [
      "a component that knows infra",
      [file("components/redis/options.ts", "../../infra/config/read.ts"), file("infra/config/read.ts")],
      ["components/redis/options.ts -> infra/config/read.ts: parts imports what stands above it"],
    ],
    [
      "a noun whose word for itself is more than data",
      [file("components/qdrant/noun.ts", "../nouns/spec.ts", "./spec.ts"), file("components/nouns/spec.ts")],
      ["components/qdrant/noun.ts: what a noun says of itself imports components/qdrant/spec.ts"],
    ],
    [
      "a part that knows the release",
      [file("components/qdrant/spec.ts", "../rollout/plan.ts"), file("components/rollout/plan.ts")],
      ["components/qdrant/spec.ts -> components/rollout/plan.ts: parts imports what stands above it"],
    ],
    [
      "a toolchain that knows infra",
      [file("toolchain/engine.ts", "../infra/index.ts"), file("infra/index.ts")],
      ["toolchain/engine.ts -> infra/index.ts: toolchain imports what stands above it"],
    ],
    [
      "a folder on no floor",
      [file("infra/cloud/a.ts")],
      ["infra/cloud/a.ts: its folder stands on no floor; ops/house/floors.ts names them"],
    ],
    [
      "a circle",
      [file("ops/a.ts", "./b.ts"), file("ops/b.ts", "./c.ts"), file("ops/c.ts", "./a.ts"), file("ops/d.ts", "./a.ts")],
      ["circle: ops/a.ts -> ops/b.ts -> ops/c.ts -> ops/a.ts"],
    ],
    [
      "a policy that knows how things are made",
      [
        file(
          "policy/a.ts",
          "../components/redis/docker.ts",
          "@pulumi/docker",
          "@pulumi/policy",
          "../components/redis/spec.ts",
        ),
        file("policy/b.ts", "../components/postgres/roles.step.ts", "../components/rollout/step.ts"),
      ],
      [
        "policy/a.ts: a policy imports components/redis/docker.ts",
        "policy/a.ts: a policy imports @pulumi/docker",
        "policy/b.ts: a policy imports components/postgres/roles.step.ts",
        "policy/b.ts: a policy imports components/rollout/step.ts",
      ],
    ],
    [
      "a spec with Pulumi",
      [file("components/redis/spec.ts", "@pulumi/docker", "zod")],
      ["components/redis/spec.ts: a spec imports @pulumi/docker"],
    ],
    [
      "a name",
      [file("ops/utils.ts"), file("ops/file-helpers/a.ts")],
      [
        "ops/utils.ts: a name that says nothing of what is in it",
        "ops/file-helpers/a.ts: a name that says nothing of what is in it",
      ],
    ],
    [
      "an excuse",
      [sourceOf("ops/a.ts", "// TODO later\n/* @ts-ignore */")],
      ["ops/a.ts: TODO", "ops/a.ts: @ts-ignore"],
    ],
    [
      "an exported function without a docstring",
      [
        sourceOf(
          "components/redis/spec.ts",
          "/** The file. */\n\nexport function silent(): void {}\n\n/** Why. */\nexport function told(): void {}\n\nfunction own(): void {}\nexport const arrow = () => 1;\nexport const data = 1;",
        ),
      ],
      [
        "components/redis/spec.ts: silent has no docstring: what its name and types do not say",
        "components/redis/spec.ts: arrow has no docstring: what its name and types do not say",
      ],
    ],
    [
      "a resource within apply",
      [sourceOf("infra/index.ts", "a.apply((b) => { const c = new Set([b]); return new docker.Container(c); });")],
      ["infra/index.ts: new docker.Container within .apply, which no preview shows"],
    ],
  ])("%s", (_, files, words) => {
    expect(brokenRules(files)).toEqual(words);
  });
});

it.each([
  ["import { a } from './b.ts'", "ops/b.ts"],
  ["import type { a } from '../infra/b.ts'", "infra/b.ts"],
  ["export { a } from './b.ts'", "ops/b.ts"],
  ["const a = await import('./b.ts')", "ops/b.ts"],
  ["type A = import('./b.ts').B", "ops/b.ts"],
  ["import Docker from 'dockerode'", "dockerode"],
])("sees what `%s` imports", (text, imported) => {
  expect(sourceOf("ops/a.ts", text).imports).toEqual([imported]);
});
