import { createPrivateKey, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TlsOptions } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import authorityStep, { type AuthorityOutputs } from "../../../components/certificate/authority.step.ts";
import certificateStep, { type CertificateInputs } from "../../../components/certificate/certificate.step.ts";
import { type Issued, issueAuthority, issueCertificate } from "../../../components/certificate/issue.ts";
import { authorityStatement, certificateStatement, renewalDue } from "../../../components/certificate/spec.ts";

const now = new Date("2026-01-01T00:00:00.750Z");
const random = Uint8Array.from({ length: 16 }, (_, at) => at);

describe("what a certificate says", () => {
  test("a CA: ten years, from an hour ago", () => {
    expect(authorityStatement("slipway-local", now, random)).toEqual({
      subject: "slipway-local",
      names: [],
      notBefore: new Date("2025-12-31T23:00:00Z"),
      notAfter: new Date("2035-12-30T00:00:00Z"),
      serial: "400102030405060708090a0b0c0d0e0f",
    });
  });

  test("a server: its names by kind, the first one its subject", () => {
    expect(certificateStatement(["postgres", "127.0.0.1", "*.example.org"], 397, now, random)).toMatchObject({
      subject: "postgres",
      names: [
        { type: "dns", value: "postgres" },
        { type: "ip", value: "127.0.0.1" },
        { type: "dns", value: "*.example.org" },
      ],
      notAfter: new Date("2027-02-02T00:00:00Z"),
    });
  });

  test("a serial is positive and never zero, whatever was drawn", () => {
    const serials = [0x00, 0xff].map((byte) => authorityStatement("x", now, new Uint8Array(16).fill(byte)).serial);
    expect(serials).toEqual([`40${"00".repeat(15)}`, `7f${"ff".repeat(15)}`]);
  });

  test.each([
    [""],
    ["Postgres"],
    ["256.0.0.1"],
    ["1.2.3"],
    ["a..b"],
    ["-a"],
    ["a*"],
    ["::1"],
    ["a b"],
    ["a".repeat(64)],
  ])("%j is no name", (name) => {
    expect(() => certificateStatement([name], 397, now, random)).toThrow(
      `certificate for ${JSON.stringify(name)}: allowed are DNS names in lower case, with *. before them too, and IPv4 addresses`,
    );
  });

  test("it is renewed when a third is left, not a second before", () => {
    const ends = "2026-04-01T00:00:00.000Z";
    const at = (time: string) => renewalDue(ends, 90, new Date(time));
    expect([at("2026-03-01T23:59:59Z"), at("2026-03-02T00:00:00Z"), at("2026-05-01T00:00:00Z")]).toEqual([
      false,
      true,
      true,
    ]);
    expect([undefined, "", "soon"].map((each) => renewalDue(each, 90, now))).toEqual([true, true, true]);
  });
});

describe("what is issued", () => {
  let authority: Issued;
  let server: Issued;
  beforeAll(async () => {
    const today = new Date();
    authority = await issueAuthority(authorityStatement("slipway-local", today, random));
    const names = ["postgres", "localhost", "127.0.0.1"];
    server = await issueCertificate(certificateStatement(names, 397, today, random), authority);
  });

  test("a CA that signs servers only, by itself", () => {
    const made = new X509Certificate(authority.certificate);
    expect(made).toMatchObject({ ca: true, subject: "CN=slipway-local", issuer: "CN=slipway-local" });
    expect(made.verify(made.publicKey)).toBe(true);
    expect(made.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
  });

  test("a server's certificate with a P-256 key of its own", () => {
    const made = new X509Certificate(server.certificate);
    expect(made).toMatchObject({
      ca: false,
      subject: "CN=postgres",
      issuer: "CN=slipway-local",
      subjectAltName: "DNS:postgres, DNS:localhost, IP Address:127.0.0.1",
      keyUsage: ["1.3.6.1.5.5.7.3.1"],
      serialNumber: "400102030405060708090A0B0C0D0E0F",
      fingerprint256: server.fingerprint,
    });
    expect(made.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(made.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(made.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
    expect(server.key).not.toBe(authority.key);
    expect(new Date(made.validTo).toISOString()).toBe(server.ends);
  });

  test("a life beyond 2049 is written as such, which UTCTime cannot", async () => {
    const long = { ...authorityStatement("x", now, random), notAfter: new Date("2061-01-01T00:00:00Z") };
    expect((await issueAuthority(long)).ends).toBe("2061-01-01T00:00:00.000Z");
  });

  test.each([
    ["by name", "postgres", "accepted"],
    ["by address", "127.0.0.1", "accepted"],
    ["under another name", "redis", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("a client that trusts the CA asks %s: %s is %s", async (_, name, wanted) => {
    expect(await handshake(server, name, authority.certificate)).toBe(wanted);
  });

  test("a client that trusts another CA of the same name refuses", async () => {
    const other = await issueAuthority(authorityStatement("slipway-local", new Date(), random));
    expect(await handshake(server, "postgres", other.certificate)).toMatch(/^(CERT_|UNABLE_|ERR_)/);
  });

  test("a client refuses one that has ended", async () => {
    const past = { ...certificateStatement(["postgres"], 1, now, random), notAfter: new Date("2026-01-02T00:00:00Z") };
    const ended = await issueCertificate(past, authority);
    expect(await handshake(ended, "postgres", authority.certificate)).toBe("CERT_HAS_EXPIRED");
  });
});

describe("the steps", () => {
  let authority: AuthorityOutputs;
  let inputs: CertificateInputs;
  beforeAll(async () => {
    authority = await authorityStep.reconcile({ subject: "slipway-local" });
    inputs = { names: ["postgres"], days: 397, ca: authority.certificate, caKey: authority.key };
  });

  test("a CA is made once; another subject makes another", () => {
    const before = { subject: "slipway-local", ...authority };
    const wanted = { subject: "slipway-local", certificate: undefined, key: undefined, ends: undefined };
    expect(authorityStep.changed(before, wanted)).toEqual([]);
    expect(authorityStep.changed(before, { subject: "other" })).toEqual(["subject"]);
    const years = (count: number) => new Date(Date.now() + count * 365 * 86_400_000).toISOString();
    expect(authorityStep.changed({ ...before, ends: years(3.4) }, wanted)).toEqual([]);
    expect(authorityStep.changed({ ...before, ends: years(3.2) }, wanted)).toEqual(["ends"]);
  });

  test("a certificate comes with its chain, and with another key each time", async () => {
    const [first, second] = [await certificateStep.reconcile(inputs), await certificateStep.reconcile(inputs)];
    expect(first.certificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(first.certificate.endsWith(authority.certificate)).toBe(true);
    expect(first.key).not.toBe(second.key);
    expect(first.fingerprint).not.toBe(second.fingerprint);
  });

  test("it is made anew for other names, another CA, another life, or when a third is left; else a second preview is empty", async () => {
    const before = { ...inputs, ...(await certificateStep.reconcile(inputs)) };
    const wanted = { ...inputs, certificate: undefined, key: undefined, fingerprint: undefined, ends: undefined };
    expect(certificateStep.changed(before, wanted)).toEqual([]);
    expect(certificateStep.changed(before, { ...wanted, names: ["other"], days: 30, ca: "x", caKey: "y" })).toEqual([
      ...["ca", "caKey", "days", "names"],
    ]);
    const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString();
    expect(certificateStep.changed({ ...before, ends: days(133) }, wanted)).toEqual([]);
    expect(certificateStep.changed({ ...before, ends: days(132) }, wanted)).toEqual(["ends"]);
  });
});

/** One real handshake on this machine: `accepted`, or the client's own reason. */
async function handshake({ certificate, key }: Issued, name: string, ca: string): Promise<string> {
  const options: TlsOptions = { cert: certificate, key, minVersion: "TLSv1.3" };
  const server = createServer(options).on("tlsClientError", () => undefined);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((answer) => {
      // `host` is what the certificate must name; an address cannot be a server name (RFC 6066).
      const servername = /^\d/.test(name) ? "" : name;
      const client = connect({ host: "127.0.0.1", port, servername, ca }, () => {
        client.end();
        answer("accepted");
      });
      client.on("error", (error: NodeJS.ErrnoException) => answer(error.code ?? error.message));
    });
  } finally {
    server.close();
  }
}
