import { type NoProof, readProof, type SignedProof } from "../../components/proof/spec.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { proofInFile } from "../../infra/release/promotion.ts";
import type { Prepared } from "../../toolchain/prepare.ts";
import { askPulumi } from "../pulumi.ts";
import { contextOf } from "../stack.ts";

/** The proof that a stack has among its outputs. */
export async function proofOfStack(prepared: Prepared, stack: string): Promise<SignedProof | NoProof> {
  try {
    const said = await askPulumi(contextOf(prepared, stack), ["stack", "output", "proof", "--json"]);
    return readProof(JSON.parse(said));
  } catch (error) {
    return { none: messageOf(error) };
  }
}

/** Where the stack's config says that its proof is. */
export function proofFor(prepared: Prepared, { promotion: { from, file } }: Settings): Promise<SignedProof | NoProof> {
  return from === undefined ? proofInFile(file ?? "") : proofOfStack(prepared, from);
}
