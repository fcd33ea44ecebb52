import { describe, expect, test } from "vitest";
import { issueAuthority, issueCertificate } from "../../../components/certificate/issue.ts";
import { authorityStatement, certificateStatement } from "../../../components/certificate/spec.ts";
import { keptChain, trustFile, uncovered } from "../../../components/edge/trust.ts";
import { readSettings } from "../../../infra/config/read.ts";
import { changed, type GoodStack, problemsOf, rawOf, secure } from "../config-fixture.ts";

const random = new Uint8Array(16).fill(7);

async function pair(names: readonly string[], now = new Date()) {
  const authority = await issueAuthority(authorityStatement("a CA", now, random));
  return { ...(await issueCertificate(certificateStatement(names, 90, now, random), authority)), root: authority };
}

function problems(stack: GoodStack, tls: Readonly<Record<string, unknown>>) {
  return problemsOf(rawOf(stack, changed(stack, { "edge.tls": tls }))).map(({ path, allowed }) => [path, allowed]);
}

describe("what a client must trust", () => {
  test("by who signs: files on the edge's data volume, nothing for a CA that everybody knows", () => {
    expect(trustFile("public", "a.example.org")).toBeUndefined();
    expect(trustFile("internal", "a.example.org")).toBe("/data/caddy/pki/authorities/local/root.crt");
    expect(trustFile("private", "a.example.org")).toBe("/data/slipway/ca-root.pem");
    expect(trustFile("rehearsal", "a.example.org")).toBe(
      "/data/caddy/certificates/acme-staging-v02.api.letsencrypt.org-directory/a.example.org/a.example.org.crt",
    );
  });

  test("where Caddy keeps what a directory issued, with a port too", () => {
    expect(keptChain("https://127.0.0.1:14000/dir", "a.test")).toBe(
      "/data/caddy/certificates/127.0.0.1-14000-dir/a.test/a.test.crt",
    );
  });
});

describe("acme", () => {
  test("outside production it is Let's Encrypt's staging CA unless config names another", () => {
    const tls = { mode: "acme", email: "ops@acme.dev" };
    const ca = "https://acme-staging-v02.api.letsencrypt.org/directory";
    expect(settings("staging", tls)).toEqual({ ...tls, ca });
    expect(settings("production", tls)).toEqual(tls);
    const real = "https://acme-v02.api.letsencrypt.org/directory";
    expect(settings("staging", { ...tls, ca: real })).toEqual({ ...tls, ca: real });
  });

  test("the staging CA is refused in production", () => {
    const ca = "https://acme-staging-v02.api.letsencrypt.org/directory";
    expect(problems("production", { email: "ops@acme.dev", ca })).toEqual([
      [
        "slipway:edge.tls.ca",
        "in production a CA whose certificates browsers trust; Let's Encrypt's staging CA is for rehearsals",
      ],
    ]);
  });

  test("roots without another CA", async () => {
    const { root } = await pair(["a.test"]);
    expect(problems("staging", { mode: "acme", email: "ops@acme.dev", caRoot: root.certificate })).toEqual([
      ["slipway:edge.tls.caRoot", "with tls.mode acme only beside tls.ca: Let's Encrypt's roots are known"],
    ]);
    expect(problems("staging", { mode: "acme", email: "ops@acme.dev", ca: "https://ca.dev/d", caRoot: "x" })).toEqual([
      ["slipway:edge.tls.caRoot", "PEM: certificates of one CA or several"],
    ]);
    const torn = { mode: "acme", email: "ops@acme.dev", ca: "https://ca.dev/d", caRoot: "-----BEGIN CERTIFICATE-----" };
    expect(problems("staging", torn)).toEqual([["slipway:edge.tls.caRoot", "PEM: certificates that can be read"]]);
  });
});

describe("own", () => {
  const domain = "tmws.staging.acme.dev";
  const given = async (names: readonly string[], now?: Date) => {
    const { certificate, key } = await pair(names, now);
    return { mode: "own", certificate, key: secure(key) };
  };

  test("a pair for the domain, by a wildcard too, is taken in every environment", async () => {
    expect(problems("staging", await given([domain]))).toEqual([]);
    expect(problems("staging", await given(["*.staging.acme.dev"]))).toEqual([]);
    expect(problems("production", await given(["tmws.acme.dev"]))).toEqual([]);
  });

  test("neither half is enough, another key is refused, and so are another name and an end that is over", async () => {
    const good = await given([domain]);
    expect(problems("staging", { mode: "own" })).toEqual([
      ["slipway:edge.tls.certificate", "with tls.mode own the PEM of the certificate"],
      ["slipway:edge.tls.key", "with tls.mode own the PEM of the certificate's key"],
    ]);
    const stranger = await given([domain]);
    expect(problems("staging", { ...good, key: stranger.key })).toEqual([
      [
        "slipway:edge.tls.certificate",
        "a certificate and the key that it was made for, both PEM and the key not encrypted",
      ],
    ]);
    expect(problems("staging", await given(["other.acme.dev"]))).toEqual([
      ["slipway:edge.tls.certificate", "a certificate for edge.domain"],
    ]);
    expect(problems("staging", await given([domain], new Date("2020-01-01T00:00:00Z")))).toEqual([
      ["slipway:edge.tls.certificate", "a certificate that has not ended"],
    ]);
  });

  test("what another mode says is refused, each option by name", async () => {
    const words = "only with tls.mode acme: another has no use for it";
    const more = { email: "ops@acme.dev", lifetimeMinutes: 60 };
    expect(problems("staging", { ...(await given([domain])), ...more })).toEqual([
      ["slipway:edge.tls.email", words],
      ["slipway:edge.tls.lifetimeMinutes", "only with tls.mode internal or acme: another has no use for it"],
    ]);
    expect(problems("staging", { ...(await given([domain])), mode: "internal" }).map(([path]) => path)).toEqual([
      "slipway:edge.tls.certificate",
      "slipway:edge.tls.key",
    ]);
  });

  test("host names that it is not for are found", async () => {
    const { certificate } = await pair([domain]);
    expect(uncovered(certificate, [domain, `license.${domain}`])).toEqual([`license.${domain}`]);
  });
});

function settings(stack: GoodStack, tls: Readonly<Record<string, unknown>>) {
  const reading = readSettings(rawOf(stack, changed(stack, { "edge.tls": tls })));
  return "settings" in reading ? reading.settings.edge.tls : reading.problems;
}
