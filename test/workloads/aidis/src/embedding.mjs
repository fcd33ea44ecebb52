/** A small deterministic embedding: words and their three-letter pieces hashed into 64 dimensions. It stands where a model would. */
import { createHash } from "node:crypto";

const dimensions = 64;

function pieces(text) {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => [
    word,
    ...Array.from({ length: Math.max(0, word.length - 2) }, (_, at) => word.slice(at, at + 3)),
  ]);
}

/** As pgvector reads it; of length 1. A text without words has the same vector as every other such text. */
export function embed(text) {
  const vector = new Array(dimensions).fill(0);
  for (const piece of pieces(text.slice(0, 20_000))) {
    const hash = createHash("sha1").update(piece).digest();
    vector[hash[0] % dimensions] += hash[1] < 128 ? 1 : -1;
  }
  const length = Math.hypot(...vector);
  if (length === 0) vector[0] = 1;
  return `[${vector.map((one) => (length === 0 ? one : one / length)).join(",")}]`;
}
