import { isSignedBy } from "../../components/proof/sign.ts";
import type { NoProof, SignedProof } from "../../components/proof/spec.ts";
import type { Settings } from "../config/settings.ts";
import { configRefusals, secretRefusals } from "./equal-config.ts";
import { imageRefusals } from "./equal-images.ts";
import type { Receiver } from "./receiver.ts";
import { provingOn, type Refusal, setting } from "./refusal.ts";
import { releaseRefusals } from "./release.ts";
import { timeRefusals } from "./time.ts";

/**
 * Every reason to refuse a promotion; none when it may go on. Pure: promotion.ts reads the proof, the host and the clock. What the trusted key
 * did not sign is not judged further: nothing in it is known to be true.
 */
export function refusalsOf(found: SignedProof | NoProof, receiver: Receiver, now: Date): readonly Refusal[] {
  const { stack, promotion } = receiver.settings;
  if ("none" in found)
    return [{ what: `there is no proof in ${sourceOf(promotion)}: ${found.none}`, mend: renewing(promotion) }];
  const untrusted = trustRefusal(found, promotion.key, stack);
  if (untrusted !== undefined) return [untrusted];
  const { proof } = found;
  return [
    ...releaseRefusals(proof, receiver),
    ...imageRefusals(proof, receiver),
    ...configRefusals(proof, receiver),
    ...secretRefusals(proof, receiver),
    ...timeRefusals(proof, receiver, now),
  ];
}

/** In words: whence the proof comes. */
export function sourceOf({ from, file }: Pick<Settings["promotion"], "from" | "file">): string {
  return from === undefined ? `the file ${file}` : `the output \`proof\` of stack ${from}`;
}

/** Made by the last step of an update there; a file is then taken from its output. */
function renewing({ from, file }: Settings["promotion"]): string {
  const stack = from?.split("/").at(-1) ?? "staging";
  return `${provingOn(stack)}${file === undefined ? "" : `, then npm run -s proof -- --stack ${stack} > ${file}`}`;
}

function trustRefusal(signed: SignedProof, trusted: string | undefined, stack: string): Refusal | undefined {
  const { proof, key } = signed;
  if (trusted !== undefined && isSignedBy(signed, trusted)) return undefined;
  if (key === trusted)
    return {
      what: `the proof of stack ${proof.stack} was changed after it was signed`,
      mend: `take it again from where it was made: npm run -s proof -- --stack ${proof.stack} > proof.${proof.stack}.json`,
    };
  return {
    what: `the proof is signed by a key that this stack does not trust (${key})`,
    mend: `when \`pulumi stack output proofKey --stack ${proof.stack}\` prints that key, and you trust that stack: ${setting("promotion.key", key, stack)}`,
  };
}
