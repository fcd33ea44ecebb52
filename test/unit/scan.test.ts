import { expect, test } from "vitest";
import { exitCodeOf, neverAsked, renderScan, type ScannedImage } from "../../ops/scan/report.ts";
import { findingsIn } from "../../ops/scan/updates.ts";

const said = [
  "Reading package lists...",
  "Inst libssl3t64 [3.5.1-1] (3.5.1-1+deb13u1 Debian-Security:13/stable-security [amd64])",
  "Inst tzdata [2025b-4] (2025b-4+deb13u1 Debian:13.2/stable [all])",
  "Inst newly-wanted (1.0 Debian:13.2/stable [all])",
].join("\n");
const [security, plain] = findingsIn(said);
const image: ScannedImage = {
  name: "slipway/redis:0123",
  id: "sha256:1",
  parts: ["redis"],
  sbom: { file: "sbom/local/redis.cdx.json", components: 95 },
  findings: [],
  notAsked: [],
};
const report = (changes: Partial<ScannedImage>) => ({
  stack: "local",
  images: [{ ...image, ...changes }],
  notAsked: ["CVE databases"],
});

test("what apt would install is a finding by package, with where it comes from", () => {
  expect(findingsIn(said)).toEqual([
    { package: "libssl3t64", installed: "3.5.1-1", available: "3.5.1-1+deb13u1", security: true },
    { package: "tzdata", installed: "2025b-4", available: "2025b-4+deb13u1", security: false },
  ]);
});

test("exit code: 0 asked and none, 2 a security update, 1 when somebody could not be asked: that is not none", () => {
  expect(exitCodeOf(report({}))).toBe(0);
  expect(exitCodeOf(report({ findings: plain === undefined ? [] : [plain] }))).toBe(0);
  expect(exitCodeOf(report({ findings: security === undefined ? [] : [security], notAsked: ["x"] }))).toBe(2);
  expect(exitCodeOf(report({ findings: undefined, notAsked: ["its archive did not answer"] }))).toBe(1);
  expect(exitCodeOf({ ...report({}), images: [] })).toBe(1);
});

test("what was not asked is never printed as none", () => {
  const text = renderScan(report({ findings: undefined, sbom: undefined, notAsked: ["its archive did not answer"] }));
  expect(text).toContain("no SBOM");
  expect(text).toContain("not asked");
  expect(text).not.toMatch(/\b0 /);
  expect(text).toContain("slipway/redis:0123: its archive did not answer");
  expect(text).toContain("CVE databases");
});

test("that no database of CVEs was asked is said of every scan, as text and as JSON, with who can be asked", () => {
  const clean = { ...report({}), notAsked: neverAsked };
  expect(exitCodeOf(clean)).toBe(0);
  for (const said of [renderScan(clean).split("not asked:")[1], JSON.stringify(clean.notAsked)]) {
    expect(said).toContain("databases of known vulnerabilities (CVE)");
    expect(said).toContain("grype sbom:FILE");
  }
});
