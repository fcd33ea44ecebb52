import { z } from "zod";
import { isRecord } from "../../components/options/path.ts";
import { secretSignature, signature } from "../preview/mask.ts";

/** A resource as the state keeps it, secrets in clear: for this process alone. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const exported = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), urn: z.string(), outputs: z.record(z.string(), z.unknown()).default({}) }))
      .default([]),
  }),
});

/** @param text what `pulumi stack export --show-secrets` prints */
export function readState(text: string): readonly RecordedResource[] {
  return exported.parse(JSON.parse(text)).deployment.resources.map(({ type, urn, outputs }) => ({
    type,
    name: urn.split("::").at(-1) ?? urn,
    outputs: Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, inClear(value)])),
  }));
}

/** The value behind Pulumi's mark of a secret, which keeps it as JSON. */
function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (!isRecord(value)) return value;
  const { plaintext } = value;
  if (value[signature] === secretSignature && typeof plaintext === "string") return inClear(JSON.parse(plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inClear(inner)]));
}
