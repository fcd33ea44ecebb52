import { describe, expect, test } from "vitest";
import { mask } from "../../../../ops/preview/mask.ts";
import { longest, renderComment } from "../../../../ops/preview/render.ts";
import { readPreview } from "../../../../ops/preview/steps.ts";
import { container, rawStep, step, volume } from "./steps.ts";

const comment = (json: unknown) => renderComment(readPreview(JSON.stringify(json)), "staging");
const secret = (value: object) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ...value,
});

describe("reading a preview", () => {
  test("a replacement is one change, what stays and the stack itself are none", () => {
    const before = { image: "sha256:a" };
    const after = { image: "sha256:b" };
    const { changes, same, stack } = readPreview(
      JSON.stringify({
        steps: [
          { op: "update", urn: "urn:pulumi:staging::slipway::pulumi:pulumi:Stack::slipway-staging" },
          rawStep("same", volume, "data", {}, {}),
          rawStep("create-replacement", container, "redis", before, after),
          rawStep("replace", container, "redis", before, after),
          rawStep("delete-replaced", container, "redis", before),
        ],
      }),
    );
    expect([stack, same, changes]).toEqual([
      "staging",
      1,
      [
        {
          op: "replace",
          stack: "staging",
          type: container,
          name: "redis",
          before,
          after,
          outputs: {},
          keys: ["image"],
        },
      ],
    ]);
  });

  test("what is no preview is refused without a word of it", () => {
    for (const text of ["", "sk-hidden-0123", '{"steps": "sk-hidden-0123"}'])
      expect(() => readPreview(text)).toThrow(/^this is not what `pulumi preview --json` prints; e\.g\. npm run/);
  });

  test("a replacement that deletes first is one change too", () => {
    const { changes } = readPreview(
      JSON.stringify({
        steps: [
          rawStep("delete-replaced", volume, "data", { name: "a" }),
          rawStep("replace", volume, "data", { name: "a" }, { name: "b" }),
          rawStep("create-replacement", volume, "data", { name: "a" }, { name: "b" }),
        ],
      }),
    );
    expect(changes.map(({ op, name, after }) => [op, name, after])).toEqual([["replace", "data", { name: "b" }]]);
  });
});

describe("the comment", () => {
  test("no change is one line below the marker", () => {
    expect(comment({ steps: [rawStep("same", volume, "data", {}, {})] })).toBe(
      "<!-- slipway-preview:staging -->\n**`staging`** changes nothing.\n",
    );
  });

  test("highest risk first, the diff folded", () => {
    expect(
      comment({
        steps: [
          rawStep("update", step("Files"), "edge-files", { mode: 1 }, { mode: 2 }),
          rawStep("update", step("Rollout"), "rollout", { mode: "overlap" }, { mode: "overlap", version: "2" }),
          rawStep("replace", container, "redis", { image: "a" }, { image: "b" }),
          rawStep("delete", volume, "data", { name: "data" }),
        ],
      }),
    ).toBe(`<!-- slipway-preview:staging -->

**\`staging\`: 1 to remove, 1 to replace, 2 to update, 0 as they are**

**Data at risk**

- removes the volume \`data\`: its data go

**Interruptions**

- restarts Redis: seconds without it

**Release**

- restarts the app, no requests lost

**Other changes**

- updates \`edge-files\`

<details><summary>Diff of 4 of 4 resources</summary>

\`\`\`diff
@@ - data (${volume}) @@
-   name: "data"
@@ +- redis (${container}) @@
-   image: "a"
+   image: "b"
@@ ~ rollout (${step("Rollout")}) @@
+   version: "2"
@@ ~ edge-files (${step("Files")}) @@
-   mode: 1
+   mode: 2
\`\`\`
</details>
`);
  });

  test("a failed preview says so, with what Pulumi and the policies said, masked and without colours", () => {
    const text = comment({
      steps: [],
      diagnostics: [
        { severity: "info", message: "not this" },
        { severity: "error", message: "<{%fg 1%}>no\ndatabase<{%reset%}> at postgresql://u:hidden-0@host/x" },
        { severity: "warning", message: "mandatory: nothing public" },
      ],
    });
    expect(text).toContain("**`staging`: the preview failed**");
    expect(text).toContain("- mandatory: nothing public");
    expect(text).not.toContain("hidden-0");
    expect(text).not.toContain("not this");
    expect(text).not.toContain("<{%");
  });

  test("2,000 resources stay below the limit, the riskiest are there, the rest is counted", () => {
    const files = Array.from({ length: 1200 }, (_, at) =>
      rawStep("update", step("Files"), `files-${at}`, { a: "x".repeat(500) }, { a: "y".repeat(500) }),
    );
    const removed = Array.from({ length: 799 }, (_, at) =>
      rawStep("delete", container, `a-container-with-a-rather-long-name-${"n".repeat(60)}-${at}`, { a: 1 }),
    );
    const text = comment({ steps: [...files, ...removed, rawStep("replace", volume, "data", { a: 1 }, { a: 2 })] });
    expect(text.length).toBeLessThan(longest);
    expect(text.length).toBeGreaterThan(longest * 0.8);
    expect(text.indexOf("replaces the volume `data`: data at risk")).toBeLessThan(text.indexOf("removes `a-container"));
    const listed = text.split("\n").filter((line) => line.startsWith("- removes `")).length;
    // The line of the 1,200 updates is left out with them.
    expect(text).toContain(`and ${799 - listed + 1} more lines of this risk or lower, not listed`);
    const [, shown = "", all] = /Diff of (\d+) of (\d+) resources/.exec(text) ?? [];
    expect(all).toBe("2000");
    expect(text).toContain(`and ${2000 - Number(shown)} more resources, not shown`);
    expect(text).toContain("@@ +- data ");
    expect(text.endsWith("</details>\n")).toBe(true);
  });

  test("a value cannot end the fold", () => {
    const text = comment({
      steps: [rawStep("update", step("Files"), "f", { a: "1" }, { a: "```\n</details> <!-- x -->" })],
    });
    expect(text.match(/```/g)).toHaveLength(2);
    expect(text).toContain("'''\\n</details>");
  });
});

describe("secrets", () => {
  test.each<[string, unknown, unknown]>([
    ["what Pulumi has masked", "[secret]", "[secret]"],
    ["the mark, with a cipher", { a: secret({ ciphertext: "v1:abc" }) }, { a: "[secret]" }],
    ["the mark, in clear", [secret({ plaintext: '"hidden"' })], ["[secret]"]],
    ["the mark, in a text of JSON", JSON.stringify({ a: secret({ plaintext: "hidden" }) }), "[secret]"],
    ["a key by its looks", { a: "sk-0123456789abcdef" }, { a: "[secret]" }],
    ["a URL with a password", "at redis://:hidden@redis:6379/0", "[secret]"],
    [
      "a name of a secret",
      { appPassword: "hidden", DB_TOKEN: "hidden" },
      { appPassword: "[secret]", DB_TOKEN: "[secret]" },
    ],
    ["a list of names and values", [{ name: "API_KEY", value: "hidden" }], [{ name: "API_KEY", value: "[secret]" }]],
    ["a variable", ["API_KEY=hidden", "MODE=fast"], ["API_KEY=[secret]", "MODE=fast"]],
    ["a line of a file", "mode: fast\npassword: hidden\n", "mode: fast\npassword: [secret]\n"],
    ["what is not known yet", { a: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }, { a: "[known later]" }],
    [
      "no secret",
      { image: "sha256:ab", port: 22, on: true, none: null },
      { image: "sha256:ab", port: 22, on: true, none: null },
    ],
  ])("%s", (_, value, expected) => {
    expect(mask(value)).toEqual(expected);
  });
});
