/** The program that the engine runs: its wish from the environment, its memory into the file that is named there. */
import { writeFileSync } from "node:fs";
import { megabytes } from "./memory.ts";
import { program, type Wish } from "./program.ts";

const { wish, memory } = JSON.parse(process.env["SLIPWAY_SCALE"] ?? "") as { wish: Wish; memory: string };
process.on("exit", () => writeFileSync(memory, String(megabytes())));
program(wish);
