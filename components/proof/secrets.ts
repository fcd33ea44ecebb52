import { randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Proof } from "./spec.ts";

const hash = promisify<string, string, number, Buffer>(scrypt);
const bytes = 32;

type Secrets = Readonly<Record<string, string>>;

async function hashOf(value: string, salt: string): Promise<string> {
  return (await hash(value, salt, bytes)).toString("base64");
}

/** Secrets as a proof may tell them: scrypt, slow on purpose, because a weak one could be guessed from a plain hash. */
export async function hashSecrets(
  secrets: Secrets,
  salt = randomBytes(16).toString("base64"),
): Promise<Proof["secrets"]> {
  const hashed = await Promise.all(
    Object.entries(secrets).map(async ([name, value]) => [name, await hashOf(value, salt)] as const),
  );
  return { salt, hashes: Object.fromEntries(hashed) };
}

/** A secret that two stacks have in common, by the name that each gives it. */
export interface EqualSecret {
  readonly here: string;
  readonly there: string;
}

/** Which of these secrets the other stack has too, under whatever name. Each value is told once, by its first name. */
export async function equalSecrets(secrets: Secrets, proved: Proof["secrets"]): Promise<readonly EqualSecret[]> {
  const names = new Map<string, string>();
  for (const [name, value] of Object.entries(secrets)) if (!names.has(value)) names.set(value, name);
  const found = await Promise.all(
    [...names].map(async ([value, here]) => {
      const own = await hashOf(value, proved.salt);
      const there = Object.entries(proved.hashes).find(([, other]) => other === own)?.[0];
      return there === undefined ? [] : [{ here, there }];
    }),
  );
  return found.flat();
}
