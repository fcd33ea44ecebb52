import { describe, expect, test } from "vitest";
import { connectionProblem } from "../../infra/preflight/connections.ts";

const asking = (connections: number) => ({ kind: "postgres", name: "orders", connections }) as const;

describe("what a system's releases ask of PostgreSQL", () => {
  test.each([
    ["small", 59, 60],
    ["medium", 123, 124],
    ["large", 251, 252],
  ] as const)("tier %s holds %i connections of a release, not %i", (tier, fits, tooMany) => {
    expect(connectionProblem(asking(fits), tier, "local")).toBeUndefined();
    expect(connectionProblem(asking(tooMany), tier, "local")).toContain(`at most ${fits} a release`);
  });

  test("the refusal says what was asked, what is allowed, and the command that mends it", () => {
    expect(connectionProblem(asking(100), "small", "blue")).toBe(
      "the system's replicas hold up to 100 connections to PostgreSQL, so 209 must fit (two releases while one follows the other, and 9 of " +
        "Slipway's own); with the memory of tier small allowed are 128: choose fewer replicas or smaller pools, at most 59 a release, " +
        "or a larger tier with `pulumi config set slipway:tier medium --stack blue`",
    );
  });

  test("where no tier is large enough none is offered", () => {
    expect(connectionProblem(asking(300), "small", "blue")).toMatch(/smaller pools, at most 59 a release$/);
  });

  test("a file has no connections", () => {
    expect(connectionProblem({ kind: "sqlite", file: "/data/x.db" }, "small", "local")).toBeUndefined();
  });
});
