import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache.ts";
import { withFirst } from "./environment.ts";
import { locked } from "./lock.ts";
import { messageOf } from "./message.ts";
import { ensureModules } from "./modules.ts";

const checkout = join(import.meta.dirname, "..");

/**
 * Second half of slipway.mjs, under a Node that runs TypeScript: the dependencies are there as package-lock.json says,
 * this Node and their commands come first on PATH, then `ops/main.ts` (or the named program) takes over in this same process.
 */
export async function enter(): Promise<void> {
  process.env["PATH"] = withFirst(
    [dirname(process.execPath), join(checkout, "node_modules", ".bin")],
    process.env["PATH"],
  );
  const lock = join(
    cacheRoot(),
    "locks",
    `modules-${createHash("sha256").update(checkout).digest("hex").slice(0, 16)}`,
  );
  try {
    await ensureModules(checkout, (install) => locked(lock, "the dependencies", install));
  } catch (error) {
    console.error(`slipway: ${messageOf(error)}`);
    process.exit(1);
  }
  const [, , first] = process.argv;
  // A program of this checkout by its path (the tests, a bench), or one of the operations by its name.
  if (first?.endsWith(".ts")) process.argv.splice(1, 2, join(checkout, first));
  await import(first?.endsWith(".ts") ? join(checkout, first) : "../ops/main.ts");
}
