import { createHash } from "node:crypto";
import { canonical } from "../../components/steps/step.ts";
import type { Registered } from "./mock-engine.ts";

/** A step as `pulumi preview --json` prints it, as far as the comment reads it. */
export interface PreviewStep {
  readonly op: "create" | "same" | "update" | "replace" | "delete";
  readonly urn: string;
  readonly oldState?: State;
  readonly newState?: State;
}

interface State {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What the docker provider changes on a container that is there; all else of it is another container. */
const inPlace = ["memory", "memorySwap", "restart"];

/** The stack from nothing, as mocks see it: every resource is new. No secret's text is in it; a changed secret is told by the print of an example. */
export function previewOf(stack: string, all: readonly Registered[]): readonly PreviewStep[] {
  return all.map(({ qualified, type, inputs, secrets }) => ({
    op: "create",
    urn: `urn:pulumi:${stack}::slipway::${qualified}`,
    newState: { type, inputs: withoutSecrets(inputs, secrets) },
  }));
}

function withoutSecrets(inputs: Registered["inputs"], secrets: readonly string[]): State["inputs"] {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, secrets.includes(name) ? `[secret ${print(value)}]` : value]),
  );
}

/** All values are the mocks' own or examples of config; of a real secret there is nothing here to print. */
function print(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 8);
}

/** What one program makes of what another one made. */
export function against(before: readonly PreviewStep[], after: readonly PreviewStep[]): readonly PreviewStep[] {
  const old = new Map(before.map((each) => [each.urn, each.newState]));
  const now = new Set(after.map(({ urn }) => urn));
  const gone = before.flatMap(({ urn, newState }): readonly PreviewStep[] =>
    now.has(urn) || newState === undefined ? [] : [{ op: "delete", urn, oldState: newState }],
  );
  return [...gone, ...after.map((each) => compared(old.get(each.urn), each))];
}

function compared(old: State | undefined, step: PreviewStep): PreviewStep {
  const { urn, newState } = step;
  if (old === undefined || newState === undefined) return step;
  const keys = Object.keys({ ...old.inputs, ...newState.inputs }).filter(
    (key) => canonical(old.inputs[key]) !== canonical(newState.inputs[key]),
  );
  if (keys.length === 0) return { op: "same", urn, oldState: old, newState };
  const replaces = newState.type.startsWith("docker:") && !keys.every((key) => inPlace.includes(key));
  return { op: replaces ? "replace" : "update", urn, oldState: old, newState };
}
