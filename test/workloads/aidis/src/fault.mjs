/** Deliberate faults for deployment tests, baked into the image by the build argument FAULT (default none). See README.md. */
import { setTimeout as pause } from "node:timers/promises";

export const fault = process.env["AIDIS_REFERENCE_FAULT"] ?? "none";
const slowMs = 1_000;
const deathMs = 20_000;
let doomed = false;

/** Before each answer. */
export async function disturb() {
  if (fault === "slow") await pause(slowMs);
}

/** FAULT=dies: from the first healthy answer on there are 20 seconds to live. */
export function firstHealthy() {
  if (fault !== "dies" || doomed) return;
  doomed = true;
  setTimeout(() => process.exit(1), deathMs);
}
