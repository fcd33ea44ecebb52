import type { Planned } from "./planned.ts";

/** What one rule found in a plan. */
export interface Found {
  /** Where in the resource's inputs, e.g. `workloads[0].container.user`. */
  readonly at: string;
  /** What stands there; never a value that could be secret. */
  readonly is: string;
  /** The resource, where a rule judges the whole plan. */
  readonly urn?: string;
}

interface Common {
  /** Small letters and hyphens: the name by which a stack's config excepts it. */
  readonly name: string;
  /** `mandatory` fails the plan, `advisory` is told. */
  readonly level: "mandatory" | "advisory";
  /** The guides' lines that it holds, `guide:line`. */
  readonly guides: readonly string[];
  /** Completes "allowed: ". */
  readonly allowed: string;
  /** What mends a plan that breaks it: a command where there is one. */
  readonly mend: string;
}

/** Judges one resource's inputs. */
export interface ResourcePolicy extends Common {
  readonly kind: "resource";
  readonly judge: (resource: Planned) => readonly Found[];
}

/** Judges what only the plan as a whole shows: what is missing, what follows from what. */
export interface StackPolicy extends Common {
  readonly kind: "stack";
  readonly judge: (plan: readonly Planned[]) => readonly Found[];
}

export type Policy = ResourcePolicy | StackPolicy;

/** As the user reads it below the resource. */
export function render({ guides, allowed, mend }: Common, { at, is }: Found): string {
  return `${at} is ${is}; allowed: ${allowed} (guide ${guides.join(", ")}). Mend: ${mend}`;
}
