import { randomBytes, webcrypto, X509Certificate } from "node:crypto";
import * as asn1js from "asn1js";
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  PublicKeyInfo,
  Time,
} from "pkijs";
import type { Name, Statement } from "./spec.ts";

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  /** Of the certificate: SHA-256, hex with colons as `openssl x509 -fingerprint` prints it. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly ends: string;
}

/** Who signs: both PEM. */
export type Issuer = Pick<Issued, "certificate" | "key">;

const curve = { name: "ECDSA", namedCurve: "P-256" } as const;
const { subtle } = webcrypto;

/** 128 random bits: RFC 5280, 4.1.2.2 allows 20 octets, and the CA/Browser Forum asks for 64 bits that nobody can guess. */
export function serialBytes(): Uint8Array {
  return randomBytes(16);
}

/** A CA: signs servers' certificates and no further CA. */
export async function issueAuthority(statement: Statement): Promise<Issued> {
  const keys = await subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await begun(statement, keys.publicKey);
  certificate.issuer = certificate.subject;
  certificate.extensions = [
    extension("2.5.29.19", true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema()),
    extension("2.5.29.15", true, keyUsage(0b0000_0110)),
    extension("2.5.29.14", false, await keyIdentifier(certificate)),
  ];
  return signed(certificate, keys.privateKey, keys.privateKey);
}

/** A server's certificate with a new key. */
export async function issueCertificate(statement: Statement, issuer: Issuer): Promise<Issued> {
  const keys = await subtle.generateKey(curve, true, ["sign", "verify"]);
  const signer = await subtle.importKey("pkcs8", derOf(issuer.key), curve, false, ["sign"]);
  const authority = Certificate.fromBER(derOf(issuer.certificate));
  const certificate = await begun(statement, keys.publicKey);
  certificate.issuer = authority.subject;
  certificate.extensions = [
    extension("2.5.29.19", true, new BasicConstraints({ cA: false }).toSchema()),
    extension("2.5.29.15", true, keyUsage(0b1000_0000)),
    extension("2.5.29.37", false, new ExtKeyUsage({ keyPurposes: ["1.3.6.1.5.5.7.3.1"] }).toSchema()),
    extension("2.5.29.17", false, new GeneralNames({ names: statement.names.map(generalName) }).toSchema()),
    extension("2.5.29.14", false, await keyIdentifier(certificate)),
    extension(
      "2.5.29.35",
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: await keyIdentifier(authority) }).toSchema(),
    ),
  ];
  return signed(certificate, keys.privateKey, signer);
}

async function begun(statement: Statement, key: webcrypto.CryptoKey): Promise<Certificate> {
  const certificate = new Certificate();
  // X.509 version 3.
  certificate.version = 2;
  certificate.serialNumber = new asn1js.Integer({ valueHex: Buffer.from(statement.serial, "hex") });
  certificate.notBefore = timeOf(statement.notBefore);
  certificate.notAfter = timeOf(statement.notAfter);
  const value = new asn1js.Utf8String({ value: statement.subject });
  certificate.subject.typesAndValues.push(new AttributeTypeAndValue({ type: "2.5.4.3", value }));
  await certificate.subjectPublicKeyInfo.importKey(key);
  return certificate;
}

async function signed(
  certificate: Certificate,
  own: webcrypto.CryptoKey,
  signer: webcrypto.CryptoKey,
): Promise<Issued> {
  await certificate.sign(signer, "SHA-256");
  const made = new X509Certificate(Buffer.from(certificate.toSchema(true).toBER(false)));
  return {
    certificate: made.toString(),
    key: pem("PRIVATE KEY", await subtle.exportKey("pkcs8", own)),
    fingerprint: made.fingerprint256,
    ends: new Date(made.validTo).toISOString(),
  };
}

function extension(extnID: string, critical: boolean, value: asn1js.BaseBlock): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER(false) });
}

/** RFC 5280, 4.1.2.5: two digits of a year say a year before 2050. */
function timeOf(value: Date): Time {
  return new Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value });
}

/** RFC 5280, 4.2.1.3: bit 0, the highest, is digitalSignature; 5 keyCertSign; 6 cRLSign. Zeros at the end are not written. */
function keyUsage(bits: number): asn1js.BitString {
  return new asn1js.BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits: trailingZeros(bits) });
}

function trailingZeros(bits: number): number {
  return Math.log2(bits & -bits);
}

/** RFC 5280, 4.2.1.2, method 1: SHA-1 of the key's bits, which here is a name and no proof. */
async function keyIdentifier(certificate: Certificate): Promise<asn1js.OctetString> {
  const { subjectPublicKeyInfo } = certificate;
  const bits = subjectPublicKeyInfo instanceof PublicKeyInfo ? subjectPublicKeyInfo.subjectPublicKey : undefined;
  if (bits === undefined) throw new Error("the certificate has no public key");
  return new asn1js.OctetString({ valueHex: await subtle.digest("SHA-1", bits.valueBlock.valueHexView) });
}

function generalName({ type, value }: Name): GeneralName {
  if (type === "dns") return new GeneralName({ type: 2, value });
  const valueHex = Uint8Array.from(value.split(".").map(Number)).buffer;
  return new GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex }) });
}

function pem(kind: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ""].join("\n");
}

/** The first block of a PEM text. */
function derOf(text: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN [A-Z ]+-----([^-]+)-----END/.exec(text)?.[1];
  if (body === undefined) throw new Error("no PEM block in what should be a certificate or a key");
  return Uint8Array.from(Buffer.from(body, "base64"));
}
