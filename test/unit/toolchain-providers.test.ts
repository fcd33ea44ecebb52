import { expect, test } from "vitest";
import { nextProviderStep, type ProviderFacts } from "../../toolchain/providers-plan.ts";
import { stillValid, tellingLine } from "../../toolchain/refusals.ts";

const both = ["docker 5.2.0", "random 4.21.2"];
const bare: ProviderFacts = {
  officialEngine: true,
  missing: { user: both, own: both },
  refusal: undefined,
  go: undefined,
};
const go = { path: "/usr/bin/go", version: "go1.26.8" };
const refusal = "no such host";

test("an official engine uses the user's own plugins", () => {
  expect(nextProviderStep({ ...bare, missing: { user: [], own: both } })).toEqual({ kind: "use", home: "user" });
});

test("an engine built from source leaves the user's home alone", () => {
  const facts = { ...bare, officialEngine: false, missing: { user: [], own: both } };
  expect(nextProviderStep(facts)).toEqual({
    kind: "download",
    home: "own",
    said: ["provider plugins missing: docker 5.2.0, random 4.21.2; trying Pulumi's own downloads"],
  });
});

test("what was built earlier is used without another download", () => {
  expect(nextProviderStep({ ...bare, missing: { user: both, own: [] } })).toEqual({ kind: "use", home: "own" });
});

test("downloads go where they belong", () => {
  expect(nextProviderStep({ ...bare, missing: { user: ["docker 5.2.0"], own: both } })).toEqual({
    kind: "download",
    home: "user",
    said: ["provider plugins missing: docker 5.2.0; trying Pulumi's own downloads"],
  });
});

test("after a refusal they are built, those that the cache lacks", () => {
  expect(nextProviderStep({ ...bare, missing: { user: both, own: ["random 4.21.2"] }, refusal, go })).toEqual({
    kind: "build",
    go,
    said: [
      "Pulumi's own plugin downloads did not serve: no such host",
      "building random 4.21.2 from source with /usr/bin/go (go1.26.8)",
    ],
  });
});

test("without Go it names the commands that mend it", () => {
  expect(nextProviderStep({ ...bare, refusal })).toEqual({
    kind: "fail",
    error: `Pulumi's own plugin downloads did not serve: no such host
building from source needs Go 1.25.11 or newer: there is no go on PATH

Mend it in one of these ways, then run the command again:
  pulumi plugin install resource docker 5.2.0
  pulumi plugin install resource random 4.21.2
  https://go.dev/doc/install   Go, to build them from source`,
  });
});

test("a refusal counts for a day", () => {
  const day = 24 * 60 * 60 * 1000;
  expect(stillValid({ at: 1_000, why: "refused" }, 1_000 + day - 1)).toBe("refused");
  expect(stillValid({ at: 1_000, why: "refused" }, 1_000 + day)).toBeUndefined();
  expect(stillValid({ at: 1_000, why: "of a clock that ran ahead" }, 999)).toBeUndefined();
});

test("the reason is the line that names the failed download", () => {
  const said = "warning: Error downloading plugin: no such host\nWill retry in 80ms\nerror: failed all 5 attempts\n";
  expect(tellingLine(said)).toBe("Error downloading plugin: no such host");
  expect(tellingLine("a\nerror: b\n")).toBe("b");
  expect(tellingLine("")).toBe("");
});
