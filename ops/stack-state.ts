import { z } from "zod";
import { isRecord } from "../components/options/path.ts";
import { secretSignature, signature } from "./preview/mask.ts";

/** A resource as the stack's state keeps it, secrets in clear: for this process alone. */
export interface RecordedResource {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  /** The provider's own, e.g. a container's. */
  readonly id: string;
  readonly protect: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const values = z.record(z.string(), z.unknown()).default({});

const exported = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          type: z.string(),
          urn: z.string(),
          id: z.string().default(""),
          protect: z.boolean().default(false),
          delete: z.boolean().default(false),
          inputs: values,
          outputs: values,
        }),
      )
      .default([]),
  }),
});

/**
 * What a stack has; what a replacement left to be deleted is not told.
 * @param text what `pulumi stack export --show-secrets` prints
 */
export function readState(text: string): readonly RecordedResource[] {
  return exported
    .parse(JSON.parse(text))
    .deployment.resources.filter((each) => !each.delete)
    .map(({ type, urn, id, protect, inputs, outputs }) => ({
      type,
      urn,
      name: urn.split("::").at(-1) ?? urn,
      id,
      protect,
      inputs: clear(inputs),
      outputs: clear(outputs),
    }));
}

function clear(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, inClear(value)]));
}

/** The value behind Pulumi's mark of a secret, which keeps it as JSON. */
function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (!isRecord(value)) return value;
  const { plaintext } = value;
  if (value[signature] === secretSignature && typeof plaintext === "string") return inClear(JSON.parse(plaintext));
  return clear(value);
}
