import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { assertOwnStack, stateAddress } from "../../infra/preflight/state.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-home-"));
  vi.stubEnv("PULUMI_HOME", home);
  vi.stubEnv("PULUMI_BACKEND_URL", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

describe("which Pulumi state this is", () => {
  test.each([
    ["file:///root/states", "file:///root/states"],
    ["https://api.pulumi.com", "https://api.pulumi.com/"],
    // It goes to the journal, which is readable on the host, and into messages.
    ["postgres://user:the-password@db:5432/states?sslpassword=the-other", "postgres://db:5432/states"],
    ["s3://bucket/path?region=eu&awssdk=v2", "s3://bucket/path"],
    ["not an address", "not an address"],
  ])("%s", (given, address) => {
    vi.stubEnv("PULUMI_BACKEND_URL", given);
    expect(stateAddress()).toBe(address);
  });

  test("without the variable, what `pulumi login` left", () => {
    expect(stateAddress()).toBe("");
    writeFileSync(join(home, "credentials.json"), JSON.stringify({ current: "https://user:token@pulumi.example.org" }));
    expect(stateAddress()).toBe("https://pulumi.example.org/");
    writeFileSync(join(home, "credentials.json"), JSON.stringify({ accounts: {} }));
    expect(stateAddress()).toBe("");
  });
});

describe("another state's stack", () => {
  beforeEach(async () => {
    await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "slipway", "blue");
  });

  test("is refused without a stack trace, unless its state is named", () => {
    const refuse = () => assertOwnStack("s3://theirs", "file:///ours", undefined);
    expect(refuse).toThrow(pulumi.RunError);
    expect(refuse).toThrow(
      /^the stack blue on this Docker host belongs to another Pulumi state: s3:\/\/theirs, this one is file:\/\/\/ours\./,
    );
    expect(() => assertOwnStack("s3://theirs", "file:///ours", "s3://others")).toThrow(pulumi.RunError);
    expect(assertOwnStack("s3://theirs", "file:///ours", "s3://theirs")).toBeUndefined();
  });

  test("its own stack, or one that nobody released, is not", () => {
    expect(assertOwnStack("file:///ours", "file:///ours", undefined)).toBeUndefined();
    expect(assertOwnStack(undefined, "file:///ours", undefined)).toBeUndefined();
  });
});
