import { prepare } from "../../toolchain/prepare.ts";
import type { Arguments } from "../arguments.ts";
import { proofOfStack } from "./read.ts";

/** Prints the signed proof of a stack, for a production whose Pulumi state is elsewhere. */
export async function printProof({ stack }: Arguments): Promise<number> {
  const found = await proofOfStack(await prepare({ stack }), stack);
  if ("none" in found) throw new Error(`stack ${stack} has no proof: ${found.none}`);
  console.log(JSON.stringify(found, undefined, 2));
  return 0;
}
