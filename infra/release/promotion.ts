import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { equalSecrets } from "../../components/proof/secrets.ts";
import { contentOf, type NoProof, type Proof, readProof, type SignedProof } from "../../components/proof/spec.ts";
import type { Observation } from "../../components/rollout/deviation.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Settings } from "../config/settings.ts";
import { namesOfParts, type PinnedImages } from "../images/all.ts";
import type { System } from "../systems/system.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { refusalsOf } from "./gate.ts";
import type { Receiver } from "./receiver.ts";
import { renderRefusals } from "./refusal.ts";
import { givenSecrets } from "./secrets.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** What another stack proved and this one takes. */
export interface Promotion {
  /** What the release is promoted by, see `contentOf`. */
  readonly content: string;
  readonly images: PinnedImages;
  /** The other stack's secrets as its proof tells them: none of them may be this stack's. */
  readonly secrets: Proof["secrets"];
  /** What announcements say of it. */
  readonly note: string;
  /** The stack's output. */
  readonly record: PromotionRecord;
}

export interface PromotionRecord extends Pick<Proof, "stack" | "release" | "version" | "provedAt" | "signOffs"> {
  readonly digest: string;
  readonly commit: string;
  readonly schema: string;
  readonly config: string;
  /** Why it may come outside of the deployment window; empty when nobody said. */
  readonly override: string;
  /** Options that may differ from the proved ones. */
  readonly mayDiffer: readonly string[];
  /** Secrets that both stacks may have. */
  readonly sharedSecrets: readonly string[];
}

/** What the host says of this stack, and how its parts' images are called. */
export type Seen = Pick<Observation, "revision" | "promoted"> & { readonly parts: Receiver["parts"] };

/**
 * The promotion that the stack's config asks for; undefined for one that is released directly. In a preview what only the clock is against is a
 * warning: to look must be possible at noon.
 * @throws RunError with every reason when it is refused, before any resource is made
 */
export async function promotionOf(
  engine: Docker,
  system: System,
  settings: Settings,
  seen: Pick<Observation, "revision" | "promoted">,
): Promise<Promotion | undefined> {
  if (settings.release === "direct") return undefined;
  const { promotion, stack } = settings;
  const found =
    promotion.from === undefined ? await proofInFile(promotion.file ?? "") : await proofOfStack(promotion.from);
  const receiver = await receiverOf(found, system, settings, {
    ...seen,
    parts: await namesOfParts(engine, system, settings),
  });
  const refusals = refusalsOf(found, receiver, new Date());
  const [waits, others] = [refusals.filter(({ time }) => time), refusals.filter(({ time }) => time === undefined)];
  const preview = pulumi.runtime.isDryRun();
  if ("none" in found || others.length > 0 || (waits.length > 0 && !preview))
    throw new pulumi.RunError(renderRefusals(refusals, stack));
  for (const { what, mend } of waits) pulumi.log.warn(`an update would be refused now: ${what}\n  mend: ${mend}`);
  if (promotion.override !== undefined)
    pulumi.log.warn(
      `promotion.override is set: the deployment window is not asked. When it is over: pulumi config rm --path slipway:promotion.override --stack ${stack}`,
    );
  return promotionBy(found.proof, settings);
}

/** A stack as the gate sees it. Config's secrets are compared here; generated ones are a stack's own. */
export async function receiverOf(
  found: SignedProof | NoProof,
  system: System,
  settings: Settings,
  { revision, promoted, parts }: Seen,
): Promise<Receiver> {
  const equal = "none" in found ? [] : await equalSecrets(givenSecrets(settings), found.proof.secrets);
  return { settings, system, fingerprint: fingerprintOf(settings, system), parts, revision, promoted, equal };
}

function promotionBy(proof: Proof, { promotion }: Settings): Promotion {
  const { stack, release, version, provedAt, signOffs, image, commit = "", schema, fingerprint, parts } = proof;
  const { override, mayDiffer = [], sharedSecrets = [] } = promotion;
  const outside = override === undefined ? "" : ` The deployment window was not asked: ${override}`;
  return {
    content: contentOf(proof),
    images: { app: image.name, parts },
    secrets: proof.secrets,
    note: `Promoted as stack ${stack} proved it (release ${release}).${outside}`,
    record: {
      ...{ stack, release, version, provedAt, signOffs, commit, mayDiffer, sharedSecrets },
      digest: image.digest,
      schema: schema.revision,
      config: fingerprint.hash,
      override: override ?? "",
    },
  };
}

/** A proof as `npm run proof` printed it. */
export async function proofInFile(file: string): Promise<SignedProof | NoProof> {
  const path = resolve(checkout, file);
  try {
    return readProof(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    return { none: messageOf(error) };
  }
}

/** The proof that a stack of the same backend has among its outputs. */
async function proofOfStack(name: string): Promise<SignedProof | NoProof> {
  // (m) Of a stack that there is not the engine itself says so and ends the update: the program hears no more.
  const details = await new pulumi.StackReference("proved-by", { name }).getOutputDetails("proof");
  return readProof(details.value ?? details.secretValue);
}
