import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("../fixtures/print-loader.ts", import.meta.url));
const serialized = execFileSync(process.execPath, [program], { encoding: "utf8" });

describe("the serialized loader", () => {
  test("is the text that every stack's state holds", () => {
    const hash = createHash("sha256").update(serialized).digest("hex").slice(0, 16);
    expect(
      hash,
      "the loader's text has changed (components/steps/resource.ts, the Pulumi SDK, or how Node strips types). Every state keeps the old text, " +
        "and destroy and refresh of it still run that: make sure that both texts load today's steps, then write the new hash here.",
    ).toBe("6a784aea38ac43f0");
  });

  test("holds nothing of a step: neither its inputs' names nor an engine client", () => {
    expect(serialized).toContain("rollout/step.ts");
    expect(serialized).toContain('getBuiltinModule("node:module")');
    for (const word of ["dockerode", "secretEnv", "journal", "zod"]) expect(serialized).not.toContain(word);
    expect(serialized.length).toBeLessThan(8000);
  });
});
