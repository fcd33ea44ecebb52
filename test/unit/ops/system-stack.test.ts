import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../ops/arguments.ts";
import {
  contextOfSystem,
  edgeForNew,
  otherSystem,
  stackOfSystem,
  systemStackFile,
  systemWish,
} from "../../../ops/system-stack.ts";

describe("--system", () => {
  test.each([
    [undefined, "local"],
    ["tmws", "local"],
    ["tmws-2.3", "tmws-2-3"],
    ["./test/workloads/orders/system.ts", "system"],
    ["/srv/yours/yours.ts", "yours"],
    ["../shop/My_Shop.2.ts", "my-shop-2"],
    ["../shop/2nd.ts", "nd"],
    ["../shop/__.ts", "own"],
    [`../shop/${"long-".repeat(8)}.ts`, "long-long-long-long-long-long-l"],
  ])("%s has the stack %s", (system, stack) => {
    expect(stackOfSystem(system)).toBe(stack);
    expect(parseArguments(system === undefined ? [] : ["--system", system])).toMatchObject({ stack, system });
  });

  test("--stack wins", () => {
    expect(parseArguments(["--system", "../yours/yours.ts", "--stack", "blue"])).toMatchObject({ stack: "blue" });
  });

  test("a file of this folder needs no slash; another word is refused", () => {
    expect(systemWish("yours.ts")).toBe("./yours.ts");
    expect(() => systemWish("tmsw")).toThrow(
      /^--system tmsw: allowed are tmws.*, or the path of a file of your own, e\.g\. --system \.\.\/yours\/yours\.ts; npm run systems shows them$/,
    );
  });
});

describe("--host", () => {
  test.each(["ssh://deploy@example.org", "unix:///run/docker.sock"])("%s", (host) => {
    expect(parseArguments(["--host", host])).toMatchObject({ host });
  });

  test("what config refuses is refused", () => {
    expect(() => parseArguments(["--host", "tcp://10.0.0.5:2375"])).toThrow(
      "--host tcp://10.0.0.5:2375: allowed are ssh://user@host, ssh://user@host:port, ssh://user@host/path/of/docker.sock, or unix:///path, e.g. --host ssh://deploy@example.org",
    );
    expect(() => parseArguments(["--host"])).toThrow(
      "--host wants a value, e.g. npm start -- --host ssh://deploy@example.org",
    );
  });
});

describe("the file of a new stack", () => {
  test("has what its system needs, and the edge it shares", () => {
    const file = systemStackFile({ system: "../yours/yours.ts", stack: "yours", context: "../yours", share: "local" });
    expect(file).toBe(
      [
        "# Made by `npm start`. Every option stands in the README's table.",
        "# Nobody's traffic would tell whether a release goes bad on a laptop: it is not watched (bakeSeconds).",
        "",
        "config:",
        "  slipway:system: ../yours/yours.ts",
        "  slipway:edge:",
        "    domain: yours.localhost",
        "    share: local",
        "  slipway:rollout:",
        "    bakeSeconds: 0",
        "  slipway:image:",
        "    build:",
        "      context: ../yours",
        "",
      ].join("\n"),
    );
  });

  test("names what nobody knows not at all; the stack local is called as its system", () => {
    const file = systemStackFile({ system: "tmws", stack: "local", context: undefined, share: undefined });
    expect(file).toContain("    domain: tmws.localhost\n");
    expect(file).not.toMatch(/image|share/);
  });

  test("the image's folder: the reference application's, or the file's own when it has a Dockerfile", () => {
    expect(contextOfSystem("tmws")).toBe("test/workloads/tmws");
    expect(contextOfSystem("nothing-of-ours")).toBeUndefined();
    expect(contextOfSystem("./test/workloads/orders/system.ts")).toBe("./test/workloads/orders");
    expect(contextOfSystem(new URL("../../workloads/orders/system.ts", import.meta.url).pathname)).toMatch(
      /^\/.*\/test\/workloads\/orders$/,
    );
    expect(contextOfSystem("./test/fixtures/yours.ts")).toBeUndefined();
  });

  test("it shares the edge on the usual port, else the first; a public one is no laptop's", () => {
    const edge = (stack: string, httpsPort: number, ca: "internal" | "public" = "internal") => ({
      stack,
      httpsPort,
      ca,
    });
    expect(edgeForNew("new", [edge("a", 9000), edge("b", 8443)])).toMatchObject({ stack: "b" });
    expect(edgeForNew("new", [edge("a", 9000), edge("b", 9001)])).toMatchObject({ stack: "a" });
    expect(edgeForNew("new", [edge("new", 8443), edge("p", 443, "public")])).toBeUndefined();
  });
});

test("a stack keeps its system", () => {
  expect(otherSystem("local", "tmws", undefined)).toBeUndefined();
  expect(otherSystem("shop", "../shop.ts", "../shop.ts")).toBeUndefined();
  expect(otherSystem("shop", "tmws", "../shop.ts")).toBe(
    "stack shop runs the system ../shop.ts (Pulumi.shop.yaml), not tmws: give tmws a stack of its own, e.g. npm start -- --system tmws --stack shop-2",
  );
  expect(otherSystem("shop", "tmws", "tmws-2.3")).toBe(
    "stack shop runs the system tmws-2.3 (Pulumi.shop.yaml), not tmws: both are versions of one product, so the stack can change: set slipway:system to tmws there, with that version's image and app.version, then npm start -- --stack shop",
  );
});
