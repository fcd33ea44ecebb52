import type { Arguments } from "../arguments.ts";

export async function commentPreview(_: Arguments): Promise<number> {
  return 0;
}
