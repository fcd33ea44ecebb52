import { shellWord } from "../config/mend.ts";

/** Why a promotion is refused, in words: what is wrong, and what to do about it. */
export interface Refusal {
  readonly what: string;
  readonly mend: string;
  /** Waiting mends it: a preview only warns of it, and a stack that serves this very proof is not asked. */
  readonly time?: true;
}

/** All reasons at once, each with what mends it. */
export function renderRefusals(refusals: readonly Refusal[], stack: string): string {
  const count = refusals.length === 1 ? "1 reason" : `${refusals.length} reasons`;
  const blocks = refusals.map(({ what, mend }) => `  ${what}\n    mend: ${mend}`);
  return [`The promotion to ${stack} is refused for ${count}; nothing was changed.`, ...blocks].join("\n\n");
}

/** The command that sets an option of a stack. */
export function setting(option: string, value: string, stack: string): string {
  return `pulumi config set --path ${shellWord(`slipway:${option}`)} ${shellWord(value)} --stack ${stack}`;
}

/** How a stack that proves makes a new proof. */
export function provingOn(stack: string): string {
  return `npm start -- --stack ${stack}`;
}
