/** A thing of a stack that its platform cannot run, or Slipway not there yet. */
export interface Unplaceable {
  readonly option: string;
  readonly why: string;
  /** A command. */
  readonly mend: string;
}

/** As the user reads it. @param where the platform, as config has it */
export function refusalOf(found: readonly Unplaceable[], where = "platform kubernetes"): string {
  return found.map(({ option, why, mend }) => `slipway:${option}\n  with ${where}: ${why}\n  mend: ${mend}`).join("\n");
}
