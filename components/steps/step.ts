/**
 * A step: a resource that does something once and proves it. Each is an ordinary module with a default export of this shape, loaded from the
 * checkout by the one loader, so that destroy and refresh run today's code.
 */
export interface Step<I extends object, O extends object> {
  /** Does what is missing and answers facts. Called again after any failure: running it twice is one result. */
  readonly reconcile: (inputs: I) => Promise<O>;
  /** The inputs that differ and are a reason to run; `changedInputs` is the rule unless a step has a better one. */
  readonly changed: (
    before: Readonly<Record<string, unknown>>,
    wanted: Readonly<Record<string, unknown>>,
  ) => readonly string[];
  /** Undoes what `destroy` must not leave. */
  readonly remove?: (state: I & O) => Promise<void>;
}

/** The names of the inputs that differ, `__provider` aside: the loader's text is no input. */
export function changedInputs(
  before: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
  ignored: readonly string[] = [],
): readonly string[] {
  return Object.keys(wanted)
    .filter((name) => name !== "__provider" && !ignored.includes(name))
    .filter((name) => canonical(before[name]) !== canonical(wanted[name]))
    .sort();
}

/** The same for a step that does not run for these inputs alone: they come along when another one differs. */
export function changedBut(...ignored: readonly string[]): Step<object, object>["changed"] {
  return (before, wanted) => changedInputs(before, wanted, ignored);
}

/** How Pulumi spells, in a preview, what is not known yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether preflight found something other than wanted. What is not known yet is none: then other inputs change. */
export function deviates({ deviation }: Readonly<Record<string, unknown>>): boolean {
  return deviation !== undefined && deviation !== "" && deviation !== unknown;
}

/** JSON with sorted keys: two records that are equal print equal. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      each !== null && typeof each === "object" && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    ) ?? "undefined"
  );
}
