import type { Arguments } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { proofOfStack } from "./read.ts";

/** Prints the signed proof of a stack, for a production whose Pulumi state is elsewhere. */
export async function printProof(wishes: Arguments): Promise<number> {
  const { stack } = wishes;
  const found = await proofOfStack(await prepareFor(wishes), stack);
  if ("none" in found) throw new Error(`stack ${stack} has no proof: ${found.none}`);
  console.log(JSON.stringify(found, undefined, 2));
  return 0;
}
