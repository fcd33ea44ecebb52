import { createHash } from "node:crypto";
import { z } from "zod";
import type { Place } from "../container/spec.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { canonical } from "../steps/step.ts";

/** What a guide wants somebody to stand for before production. */
export const signOffNames = ["suites", "review", "rollbackPlan"] as const;
export type SignOffName = (typeof signOffNames)[number];

/** What passed on one stack, exactly, so that another one can run the same and nothing else. It holds no secret. */
const proofShape = z.strictObject({
  format: z.literal(1),
  /** The system's name and version. */
  system: z.string(),
  version: z.string(),
  /** The stack that proved it, its release and when; ISO 8601. */
  stack: z.string(),
  release: z.string(),
  provedAt: z.iso.datetime(),
  /** Commit that the application's image was made from; absent when nobody said it. */
  commit: z.string().optional(),
  /** The application's image: `repository:tag@sha256:...`, and the digest on its own. */
  image: z.strictObject({ name: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
  /** The other images by part: pinned by digest, or `slipway/<part>:<hash of its content>`. */
  parts: z.record(z.string(), z.string()),
  /** The config without secrets and without what environments differ by. */
  fingerprint: z.strictObject({ hash: z.string(), values: z.record(z.string(), z.string()) }),
  /** `history`: every revision that the image knows, oldest first. */
  schema: z.strictObject({ revision: z.string(), history: z.array(z.string()) }),
  probes: z.array(z.strictObject({ name: z.string(), passed: z.boolean() })),
  /** What passed probes said, by probe. */
  reports: z.record(z.string(), z.array(z.string()).readonly()),
  signOffs: z.partialRecord(z.enum(signOffNames), z.string()),
  /** The stack's secrets: names in clear, values as scrypt with this salt, so that an equal one is found elsewhere. */
  secrets: z.strictObject({ salt: z.string(), hashes: z.record(z.string(), z.string()) }),
});

const signedShape = z.strictObject({
  proof: proofShape,
  /** Public key, SPKI in base64: whose signature it is. Whether to trust it is the reader's question. */
  key: z.string(),
  /** ed25519, base64, of the canonical JSON of `proof`. */
  signature: z.string(),
});

/** In the place of a proof where there is none: why, and what to do about it. */
const noProofShape = z.strictObject({ none: z.string() });

export type Proof = z.infer<typeof proofShape>;
export type SignedProof = z.infer<typeof signedShape>;
export type NoProof = z.infer<typeof noProofShape>;

/** A proof as a file or a stack's output holds it; text of anything else is answered in words. */
export function readProof(value: unknown): SignedProof | NoProof {
  if (value === undefined || value === "")
    return { none: "nothing is proved there: only an update of a stack whose environment is staging proves" };
  const none = noProofShape.safeParse(value);
  if (none.success) return none.data;
  const signed = signedShape.safeParse(value);
  if (signed.success) return signed.data;
  const [issue] = signed.error.issues;
  return {
    none: `what was found is no proof of this version of Slipway (${issue?.path.join(".") || "its whole"}: ${issue?.message})`,
  };
}

/** Names all that a promotion takes from a proof; a later proof of the same things has the same. */
export function contentOf({ image, parts, fingerprint, schema }: Proof): string {
  const { digest } = image;
  const taken = { digest, parts, config: fingerprint.hash, revision: schema.revision };
  return createHash("sha256").update(canonical(taken)).digest("hex").slice(0, 16);
}

/** Whether a sign-off speaks of this version: what was said of an earlier one must not stand for this one. */
export function speaksOf(text: string, { version, commit, image }: Proof): boolean {
  const words = [version, commit?.slice(0, 7), image.digest.slice("sha256:".length, "sha256:".length + 12)];
  return words.some((word) => word !== undefined && text.includes(word));
}

export interface ProofInputs {
  readonly host: string;
  readonly place: Place;
  /** The release that SmokeTest proved; exactly this one must still serve. */
  readonly release: string;
  readonly version: string;
  /** `digest` is empty for an image that no registry has, `commit` when it is not known. */
  readonly image: { readonly name: string; readonly id: string; readonly digest: string; readonly commit: string };
  /** `uid:gid` of the workloads: who may ask the image for its revisions. */
  readonly user: string;
  readonly parts: Proof["parts"];
  readonly fingerprint: Proof["fingerprint"];
  readonly schema: SchemaSpec;
  readonly probes: readonly string[];
  readonly reports: Proof["reports"];
  readonly signOffs: Proof["signOffs"];
  /** Every secret of the stack by name. A secret. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly publicKey: string;
  /** A secret. */
  readonly privateKey: string;
  /** Where the signed file goes, seen from the checkout; empty for no file. */
  readonly file: string;
  /** Any text: another one proves again. */
  readonly renew: string;
}

export interface ProofOutputs {
  readonly proof: SignedProof | NoProof;
}

/** What to do about an image that no registry has. */
export function unregistered(image: string, stack: string): string {
  return (
    `there is no proof: the image ${image} was built on this machine and no registry has it, so production could not run exactly this one. ` +
    `Push it and let this stack take it from there: docker tag ${image} <registry>/<repository>:<tag> && docker push <registry>/<repository>:<tag>, then ` +
    `\`pulumi config rm --path slipway:image.build --stack ${stack} && pulumi config set --path slipway:image.ref <registry>/<repository>:<tag> --stack ${stack}\` and the same \`up\` again`
  );
}
