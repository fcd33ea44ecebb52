import { describe, expect, test } from "vitest";
import { type ContractFacts, contractProblem } from "../../../components/migration/contract.ts";
import { type SchemaFacts, wayTo } from "../../../components/migration/way.ts";

describe("wayTo", () => {
  const newer: SchemaFacts = {
    current: "b",
    target: "a",
    known: false,
    back: undefined,
    reads: [],
    canDowngrade: true,
    newer: "sha256:newer",
    serves: false,
    startedFrom: "20260101T000000Z-release",
  };
  const refusal = "the data are at schema revision b, which this image does not know (it wants a)";

  test.each<[string, Partial<SchemaFacts>, ReturnType<typeof wayTo>]>([
    ["at the target", { current: "a" }, { way: "none" }],
    ["at the target, whatever is said of going back", { current: "a", back: "data" }, { way: "none" }],
    ["never migrated", { current: undefined }, { way: "upgrade" }],
    ["behind, at a revision that the image knows", { known: true }, { way: "upgrade" }],
    ["behind, and a word on going back that is not needed", { known: true, back: "data" }, { way: "upgrade" }],
    ["it serves already: a later release migrated beside it, and was undone", { serves: true }, { way: "keep" }],
    ["back by code that reads it", { back: "code", reads: ["z", "b"] }, { way: "keep" }],
    ["back by schema", { back: "schema" }, { way: "downgrade", image: "sha256:newer" }],
    ["back by data", { back: "data" }, { way: "restore", set: "20260101T000000Z-release" }],
  ])("%s", (_, facts, way) => {
    expect(wayTo({ ...newer, ...facts })).toEqual(way);
  });

  test.each<[string, Partial<SchemaFacts>, string]>([
    [
      "nothing said",
      {},
      `${refusal}. Release the newer image again, or say how to go back: \`pulumi config set --path slipway:rollout.back code\` (older code on the schema as it is), \`schema\` (the newer image's downgrade) or \`data\` (the backup set from before)`,
    ],
    [
      "by code that does not say that it reads it",
      { back: "code", reads: ["z"] },
      `${refusal}, and its config does not say that its code can work with b. If it can: \`pulumi config set --path 'slipway:rollout.reads[0]' b\``,
    ],
    [
      "by schema without a downgrade",
      { back: "schema", canDowngrade: false },
      `${refusal}, and this system has no downgrade: go back by \`code\` or \`data\``,
    ],
    [
      "by schema without a newer release",
      { back: "schema", newer: undefined },
      `${refusal}, and no newer release serves whose image could downgrade it`,
    ],
    [
      "by data without a set",
      { back: "data", startedFrom: undefined },
      `${refusal}, and no backup set of the serving release is known: restore one by hand`,
    ],
  ])("refused, %s", (_, facts, refused) => {
    expect(wayTo({ ...newer, ...facts })).toEqual({ refused });
  });
});

describe("contractProblem", () => {
  const facts: ContractFacts = {
    kind: "contract",
    mode: "overlap",
    target: "b",
    serving: { id: "r1", reads: ["b"], since: "2026-01-01T00:00:00Z" },
    soakHours: 24,
    breaking: ["drops the column orders.note"],
    now: new Date("2026-01-02T00:00:00Z"),
  };

  test.each<[string, Partial<ContractFacts>]>([
    ["soaked, and the serving release works without what goes", {}],
    ["no release serves", { kind: "expand", serving: undefined }],
    ["nothing breaks", { kind: "expand", breaking: [] }],
    ["nothing older runs beside it", { kind: "expand", mode: "stop-first" }],
    ["no soak time is wanted", { soakHours: 0, now: new Date("2026-01-01T00:00:00Z") }],
  ])("none: %s", (_, difference) => {
    expect(contractProblem({ ...facts, ...difference })).toBeUndefined();
  });

  test.each<[string, Partial<ContractFacts>, string]>([
    [
      "it breaks what serves and is not declared",
      { kind: "expand" },
      "the migration to b breaks release r1, which serves while it runs:\n    drops the column orders.note\nSplit it: first a release that no longer needs this, then the migration, declared by `pulumi config set --path slipway:rollout.migration contract`",
    ],
    [
      "the serving release may still need what goes",
      { serving: { id: "r1", reads: [], since: "2026-01-01T00:00:00Z" } },
      "the contracting migration to b must wait: release r1, which serves while it runs, does not say that it works without what goes:\n    drops the column orders.note\nRelease code that does first, with `pulumi config set --path 'slipway:rollout.reads[0]' b`",
    ],
    [
      "the soak time is not over",
      { now: new Date("2026-01-01T23:30:00Z") },
      "the contracting migration to b must wait: release r1 has served 23.5 of the 24 hours after which going back before it is given up (slipway:rollout.soakHours)",
    ],
  ])("%s", (_, difference, problem) => {
    expect(contractProblem({ ...facts, ...difference })).toBe(problem);
  });
});
