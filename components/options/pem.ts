import { createPrivateKey, X509Certificate } from "node:crypto";
import { secretText, text } from "./kinds.ts";

/** Certificates and keys in the config, as PEM texts. */

export const certificate = text((value) => /^\s*-----BEGIN CERTIFICATE-----/.test(value), {
  allowed: "PEM: the server's certificate, then those up to its CA",
  example: "-----BEGIN CERTIFICATE-----",
  ask: "<PEM>",
});

export const key = secretText((value) => /^\s*-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value), {
  allowed: "PEM: the certificate's private key, not encrypted",
  example: "-----BEGIN PRIVATE KEY-----",
  ask: "<PEM>",
});

export const roots = text((value) => /^\s*-----BEGIN CERTIFICATE-----/.test(value), {
  allowed: "PEM: certificates of one CA or several",
  example: "-----BEGIN CERTIFICATE-----",
  ask: "<PEM>",
});

/** The first certificate of a PEM text; undefined when it cannot be read. */
export function leafOf(chain: string): X509Certificate | undefined {
  return certificatesOf(chain)[0];
}

/** Every certificate of a PEM text; none when one of them cannot be read. */
export function certificatesOf(text: string): readonly X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return []; // Whoever asks says in words what is allowed.
  }
}

/** Whether the key is that of the first certificate; false also when one of them cannot be read. */
export function belongTogether(chain: string, secret: string): boolean {
  try {
    return new X509Certificate(chain).checkPrivateKey(createPrivateKey(secret));
  } catch {
    return false; // One of them cannot be read.
  }
}

/** Without empty lines and foreign line ends: one of either would end a PEM text where it is loaded at run time. */
export function pemText(certificate: string, key: string): string {
  const lines = [certificate, key].flatMap((pem) => pem.split(/\r?\n/)).map((line) => line.trim());
  return [...lines.filter((line) => line !== ""), ""].join("\n");
}
