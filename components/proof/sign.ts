import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { canonical } from "../steps/step.ts";
import type { Proof, SignedProof } from "./spec.ts";

/** Both in base64: SPKI and PKCS #8. */
export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A new ed25519 pair. */
export function newKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    privateKey: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
  };
}

/** What is signed: no other text that this key may ever sign begins so. */
function bytesOf(proof: Proof): Buffer {
  return Buffer.from(`slipway proof\n${canonical(proof)}`, "utf8");
}

/** Ed25519 over the proof's canonical text. The public key goes along for people: who checks takes the one that it trusts. */
export function signProof(proof: Proof, { publicKey, privateKey }: KeyPair): SignedProof {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
  return { proof, key: publicKey, signature: sign(null, bytesOf(proof), key).toString("base64") };
}

/** Whether the holder of the private half of `trusted` signed exactly this. The key that the file itself names proves nothing. */
export function isSignedBy({ proof, signature }: SignedProof, trusted: string): boolean {
  const key = createPublicKey({ key: Buffer.from(trusted, "base64"), format: "der", type: "spki" });
  return verify(null, bytesOf(proof), key, Buffer.from(signature, "base64"));
}
