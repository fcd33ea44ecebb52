import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policies } from "../../policy/all.ts";
import { metrics, type PolicyCase, resourceCases, stackCases } from "../fixtures/policy/cases.ts";
import { type Case, limits, release } from "../fixtures/policy/parts.ts";
import { runner } from "./support/host.ts";
import { CaseStack, type Judged } from "./support/policy-cases.ts";
import { TestStack } from "./support/stack.ts";

const levels = new Map(policies.map(({ name, level }) => [name, level]));

/** A plan in which a case's resource lacks nothing that is another rule's matter: its limits, the steps of its release. */
function whole(cases: readonly Case[]): readonly Case[] {
  return cases.flatMap((each) => {
    if (each.type.endsWith(":Container")) return [each, limits(each.name)];
    return each.type.endsWith(":Rollout") && each.from === undefined
      ? release(each.name, { rollout: each.inputs })
      : [each];
  });
}

/** What was told under a resource, as `policy (level)`. */
function told({ results }: Judged, name: string): readonly string[] {
  const own = results.filter(({ urn }) => urn?.endsWith(`::${name}`));
  return [...new Set(own.map(({ message }) => /^policy (\S+ \(\w+\))/.exec(message)?.[1] ?? message))];
}

/** A firewall anywhere in a plan satisfies it: in one plan with the other cases it would not be told. */
const ofHost = ({ policy }: PolicyCase) => policy === "firewall-in-production";

const wanted = ({ policy }: PolicyCase) => `${policy} (${levels.get(policy)})`;

describe("the real engine", () => {
  let stack: CaseStack;
  beforeAll(async () => {
    stack = await CaseStack.make();
  });
  afterAll(() => stack?.remove());

  describe.each([
    ["resource by resource", resourceCases, whole],
    ["as a whole", stackCases.filter((one) => !ofHost(one)), (cases: readonly Case[]) => cases],
    ["of a host without a firewall", stackCases.filter(ofHost), (cases: readonly Case[]) => cases],
  ] as const)("judges a plan %s", (_, cases, completed) => {
    let bad: Judged;
    let good: Judged;
    beforeAll(async () => {
      bad = await stack.preview([...completed(cases.flatMap((one) => one.bad)), ...metrics]);
      good = await stack.preview([...completed(cases.flatMap((one) => one.good)), ...metrics]);
    });

    test("which fails with what is broken, and passes with all mended", () => {
      expect(bad.code, bad.output).not.toBe(0);
      expect(good.output).toMatch(/✅ slipway@v/);
      expect(good.results).toEqual([]);
      expect(good.code, good.output).toBe(0);
    });

    test.each(cases.map((one) => [one.policy, one] as const))("%s", (_, one) => {
      expect(told(bad, one.name), bad.output).toEqual([wanted(one)]);
      expect(told(good, one.name)).toEqual([]);
    });
  });

  test("metrics-kept: told at every release of a plan without Prometheus, and advice alone fails nothing", async () => {
    const judged = await stack.preview(release("app"));
    expect(told(judged, "app")).toEqual(["metrics-kept (advisory)"]);
    expect(judged.code, judged.output).toBe(0);
  });
});

describe("TMWS as staging", () => {
  const cors = "workloads[0].container.env.TMWS_CORS_ORIGINS";
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.make();
    await stack.set(["slipway:environment"], "staging");
    await stack.set(["slipway:images"], "debian");
    await stack.set(["slipway:edge", "tls", "mode"], "internal");
    await stack.set(["slipway:rollout", "bakeSeconds"], 60);
    await stack.set(["slipway:preflight", "override"], "a test's plan, judged and not made");
    const made = await stack.pulumi("stack", "init", "--no-select");
    if (made.code !== 0) throw new Error(made.output);
  });
  afterAll(() => stack?.destroy());

  test("passes the whole pack, with no advice either", async () => {
    const preview = await stack.slipway("preview");
    expect(preview.code, preview.output).toBe(0);
    expect(preview.output).toMatch(/✅ slipway@v/);
    expect(preview.output).not.toMatch(/\[(advisory|mandatory)\]/);
    expect(preview.output).not.toContain("from $PATH");
  });

  describe("with one thing weakened", () => {
    beforeAll(() => stack.set(["slipway:app", "corsOrigins"], ["*"]));

    test("fails in the policy's words, with the command that mends it", async () => {
      const preview = await stack.slipway("preview");
      expect(preview.code).not.toBe(0);
      expect(preview.output).toContain("[mandatory]  origins-restricted");
      expect(preview.output).toContain(
        `${cors} is "[\\"*\\"]"; allowed: https origins by name: no *, no plain http (guide 000:409, 001:277, 002:242). Mend: ` +
          "pulumi config set --path 'slipway:app.corsOrigins[0]' https://<your domain>",
      );
    });

    test("is told with its level in the comment on a pull request", async () => {
      const preview = await stack.slipway("preview", "--json");
      expect(preview.code).not.toBe(0);
      const file = join(stack.state, "preview.json");
      await writeFile(file, preview.stdout);
      const comment = await stack.slipway("preview:comment", file);
      expect(comment.code, comment.output).toBe(0);
      expect(comment.stdout).toContain(`- policy origins-restricted (mandatory), rollout: ${cors} is`);
      expect(comment.stdout).toContain("the preview failed");
    });

    test("is not launched: nothing is made", async () => {
      const start = await stack.slipway("start");
      expect(start.code).not.toBe(0);
      expect(start.output).toContain("[mandatory]  origins-restricted");
      expect(await runner.list({ "slipway.stack": stack.name })).toEqual([]);
    });

    test("passes, and is told, where the policy is excepted with a reason", async () => {
      await stack.set(["slipway:policies", "except", "origins-restricted"], "a public API, for this test");
      const preview = await stack.slipway("preview");
      expect(preview.code, preview.output).toBe(0);
      expect(preview.output).toContain("[advisory]  origins-restricted");
      await stack.set(["slipway:policies"], undefined);
    });

    test("passes, and is told, in mode advisory; is not judged in mode off", async () => {
      await stack.set(["slipway:policies", "mode"], "advisory");
      const advised = await stack.slipway("preview");
      expect(advised.code, advised.output).toBe(0);
      expect(advised.output).toContain("[advisory]  origins-restricted");
      await stack.set(["slipway:policies", "mode"], "off");
      const unjudged = await stack.slipway("preview");
      expect(unjudged.code, unjudged.output).toBe(0);
      expect(unjudged.output).not.toContain("origins-restricted");
    });
  });

  test("is launched under the pack, with every value known; a later change for the worse leaves it as it serves", async () => {
    await stack.set(["slipway:policies"], undefined);
    await stack.set(["slipway:app", "corsOrigins"], undefined);
    await stack.set(["slipway:rollout", "bakeSeconds"], 30);
    const start = await stack.slipway("start");
    expect(start.code, start.output).toBe(0);
    expect(start.output).toMatch(/✅ slipway@v/);
    expect(start.output).not.toMatch(/\[(advisory|mandatory)\]/);
    const same = await stack.slipway("preview", "--expect-no-changes");
    expect(same.code, same.output).toBe(0);
    const serving = (await runner.list({ "slipway.stack": stack.name })).map(({ id }) => id).sort();
    await stack.set(["slipway:app", "auditLogEnabled"], false);
    const worse = await stack.slipway("start");
    expect(worse.code).not.toBe(0);
    expect(worse.output).toContain("[mandatory]  security-switched-on");
    expect((await runner.list({ "slipway.stack": stack.name })).map(({ id }) => id).sort()).toEqual(serving);
    expect(serving.length).toBeGreaterThan(4);
  });
});
