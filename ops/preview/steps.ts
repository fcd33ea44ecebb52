import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { isRecord } from "../../components/options/path.ts";

const state = z.looseObject({
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
});

/** `pulumi preview --json`: what is read of it. */
const preview = z.looseObject({
  steps: z
    .array(
      z.looseObject({
        op: z.string(),
        urn: z.string(),
        oldState: state.optional(),
        newState: state.optional(),
        replaceReasons: z.array(z.string()).nullish(),
        diffReasons: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
  diagnostics: z
    .array(z.looseObject({ message: z.string().default(""), severity: z.string().default("info") }))
    .nullish(),
});

export type Operation = "create" | "update" | "replace" | "delete";
export type Values = Readonly<Record<string, unknown>>;

/** One resource that would change. */
export interface Change {
  readonly op: Operation;
  readonly stack: string;
  /** `docker:index/volume:Volume` */
  readonly type: string;
  readonly name: string;
  readonly before: Values;
  readonly after: Values;
  /** What a step answered last time. */
  readonly outputs: Values;
  /** Inputs that differ. */
  readonly keys: readonly string[];
}

export interface Preview {
  readonly changes: readonly Change[];
  readonly same: number;
  /** Warnings and errors, policy results among them. */
  readonly said: readonly string[];
  readonly failed: boolean;
  readonly stack: string | undefined;
}

/** @param text what `pulumi preview --json` printed @throws Error in words for the user */
export function readPreview(text: string): Preview {
  const { steps, diagnostics } = parsed(text);
  const byUrn = new Map<string, Change>();
  let same = 0;
  for (const step of steps ?? []) {
    const op = operationOf(step.op);
    // The stack itself is a resource too, and nothing happens to it.
    if (step.urn.includes("::pulumi:pulumi:Stack::")) continue;
    if (op === undefined) {
      same += step.op === "same" ? 1 : 0;
      continue;
    }
    // A replacement is three steps, in either order; the delete half has the old state alone.
    if (step.op !== "delete-replaced" || !byUrn.has(step.urn)) byUrn.set(step.urn, changeOf(step, op));
  }
  const said = (diagnostics ?? []).filter(({ severity }) => severity === "warning" || severity === "error");
  return {
    changes: [...byUrn.values()],
    same,
    said: said.map(({ message }) => plainText(message)).filter((line) => line !== ""),
    failed: said.some(({ severity }) => severity === "error"),
    stack: steps?.[0]?.urn.split("::")[0]?.split(":").at(-1),
  };
}

function parsed(text: string): z.output<typeof preview> {
  try {
    return preview.parse(JSON.parse(text.slice(text.indexOf("{"))));
  } catch {
    // Neither message is passed on: both quote the text, which may hold what is secret.
    throw new Error(
      "this is not what `pulumi preview --json` prints; e.g. npm run -s preview -- --json > preview.json",
    );
  }
}

function operationOf(op: string): Operation | undefined {
  if (op.includes("replace")) return "replace";
  if (op === "create" || op === "import") return "create";
  return op === "update" || op === "delete" ? op : undefined;
}

function changeOf(step: NonNullable<z.output<typeof preview>["steps"]>[number], op: Operation): Change {
  const [stack = "", , types = "", ...names] = step.urn.split("::");
  const before = step.oldState?.inputs ?? {};
  const after = step.newState?.inputs ?? {};
  return {
    op,
    stack: stack.split(":").at(-1) ?? "",
    type: step.newState?.type ?? step.oldState?.type ?? types.split("$").at(-1) ?? "",
    name: names.join("::"),
    before,
    after: op === "delete" ? {} : after,
    outputs: step.oldState?.outputs ?? {},
    keys: differing(before, after).filter((key) => !key.startsWith("__")),
  };
}

function differing(before: Values, after: Values): readonly string[] {
  return Object.keys({ ...before, ...after })
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .sort();
}

/** Without the colours of a terminal. */
function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll(/<\{%.*?%\}>/g, "")).trim();
}

/** A value inside a resource's inputs; undefined where it is none, a secret or not known yet. */
export function inner(values: Values, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined), values);
}
