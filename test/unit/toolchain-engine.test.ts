import { expect, test } from "vitest";
import { type EngineFacts, nextEngineStep } from "../../toolchain/engine-plan.ts";
import { atLeast } from "../../toolchain/versions.ts";

const bare: EngineFacts = {
  onPath: undefined,
  installed: undefined,
  built: undefined,
  refusal: undefined,
  go: undefined,
};
const go = { path: "/usr/local/go/bin/go", version: "go1.26.8" };
const refusal = "pulumi: fetch failed";

test("a pulumi on PATH that is new enough is used, whatever else is there", () => {
  const onPath = { pulumi: "/usr/bin/pulumi", version: "v3.220.0" };
  expect(nextEngineStep({ ...bare, onPath, installed: "/i/pulumi", built: "/b/pulumi" })).toEqual({
    kind: "use",
    engine: { origin: "path", pulumi: "/usr/bin/pulumi" },
    said: [],
  });
});

test("what the installer left is used before what was built", () => {
  expect(nextEngineStep({ ...bare, installed: "/i/pulumi", built: "/b/pulumi" })).toEqual({
    kind: "use",
    engine: { origin: "installer", pulumi: "/i/pulumi" },
    said: [],
  });
});

test("what was built is used without trying the installer again, and nothing is said", () => {
  const onPath = { pulumi: "/usr/bin/pulumi", version: "v3.219.9" };
  expect(nextEngineStep({ ...bare, onPath, built: "/b/pulumi" })).toEqual({
    kind: "use",
    engine: { origin: "source", pulumi: "/b/pulumi" },
    said: [],
  });
});

test("with nothing there the installer comes first", () => {
  expect(nextEngineStep(bare)).toEqual({ kind: "install", said: ["no pulumi on PATH; trying Pulumi's own installer"] });
});

test("an old pulumi is named", () => {
  const onPath = { pulumi: "/usr/bin/pulumi", version: "v3.100.0" };
  expect(nextEngineStep({ ...bare, onPath })).toEqual({
    kind: "install",
    said: ["/usr/bin/pulumi is v3.100.0, 3.220.0 or newer would serve; trying Pulumi's own installer"],
  });
});

test("after a refusal it is built", () => {
  expect(nextEngineStep({ ...bare, refusal, go })).toEqual({
    kind: "build",
    go,
    said: [
      "Pulumi's own installer (npm package pulumi 3.265.0) did not serve: pulumi: fetch failed",
      "building Pulumi from source with /usr/local/go/bin/go (go1.26.8)",
    ],
  });
});

test("without Go it says what was tried and the commands that mend it", () => {
  expect(nextEngineStep({ ...bare, refusal, go: { path: "/usr/bin/go", version: "go1.19.8" } })).toEqual({
    kind: "fail",
    error: `no pulumi on PATH
Pulumi's own installer (npm package pulumi 3.265.0) did not serve: pulumi: fetch failed
building from source needs Go 1.25.11 or newer: /usr/bin/go is go1.19.8

Mend it in one of these ways, then run the command again:
  curl -fsSL https://get.pulumi.com | sh      the Pulumi CLI (then put ~/.pulumi/bin on PATH)
  https://go.dev/doc/install                  Go 1.25.11 or newer, to build it from source`,
  });
});

test.each([
  ["v3.255.0", "3.220.0", true],
  ["3.220.0", "3.220.0", true],
  ["3.219.9", "3.220.0", false],
  ["4.0.0", "3.220.0", true],
  ["go1.26", "1.25.11", true],
  ["go1.25.9", "1.25.11", false],
  ["3.230.0-alpha.x1", "3.220.0", true],
  ["of an unknown version", "3.220.0", false],
])("%s is at least %s: %s", (version, oldest, expected) => {
  expect(atLeast(version, oldest)).toBe(expected);
});
