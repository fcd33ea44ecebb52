import type { z } from "zod";
import { label } from "../../components/container/spec.ts";
import { withPasswords } from "../../components/rollout/redact.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { type RecordedResource, readState } from "../stack-state.ts";
import {
  certificateRecord,
  containerRecord,
  type RolloutRecord,
  rolloutRecord,
  type SmokeTestRecord,
  smokeTestRecord,
  stackRecord,
} from "./shapes.ts";
import { type StepFacts, stepFacts } from "./steps.ts";

/** What the last `up` recorded of a stack; what runs may be another thing. */
export interface Recorded {
  readonly url: string;
  /** Of the application, as it was asked for. */
  readonly image: z.output<typeof stackRecord>["image"];
  /** Undefined before the first release. */
  readonly rollout: RolloutRecord | undefined;
  readonly edge: SmokeTestRecord["edge"];
  /** Parts beside the workloads, e.g. `redis`. */
  readonly parts: readonly string[];
  /** The stack's own CA and what it signed. */
  readonly certificates: readonly { readonly name: string; readonly ends: string }[];
  readonly steps: readonly StepFacts[];
  /** Every secret that something may repeat. Never to be printed. */
  readonly secrets: readonly string[];
}

/** Reads the state of a stack, with its secrets: what is shown is redacted by them. */
export async function readRecorded(context: PulumiContext): Promise<Recorded> {
  return recordedOf(readState(await askPulumi(context, ["stack", "export", "--show-secrets"])));
}

/** Pure. */
export function recordedOf(resources: readonly RecordedResource[]): Recorded {
  const first = <T>(type: string, shape: z.ZodType<T>): T | undefined => {
    const found = resources.find((each) => each.type.endsWith(type));
    return found === undefined ? undefined : parsed(found, shape);
  };
  const rollout = first("slipway:steps:Rollout", rolloutRecord);
  const { url, image } = first("pulumi:pulumi:Stack", stackRecord) ?? stackRecord.parse({});
  return {
    url,
    image,
    rollout,
    edge: first("slipway:steps:SmokeTest", smokeTestRecord)?.edge,
    parts: resources.filter(({ type }) => type === "docker:index/container:Container").flatMap(partOf),
    certificates: resources
      .filter(({ type }) => /slipway:steps:(Authority|Certificate)$/.test(type))
      .flatMap(({ name, outputs }) => {
        const read = certificateRecord.safeParse(outputs);
        return read.success ? [{ name, ends: read.data.ends }] : [];
      }),
    steps: stepFacts(resources),
    secrets: knownSecrets(resources, rollout),
  };
}

function parsed<T>({ name, outputs }: RecordedResource, shape: z.ZodType<T>): T {
  const read = shape.safeParse(outputs);
  if (read.success) return read.data;
  const where = read.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(
    `the state keeps ${name} as another version of Slipway wrote it (${where}); \`npm start\` writes it anew`,
  );
}

function partOf({ outputs }: RecordedResource): readonly string[] {
  const labels = containerRecord.safeParse(outputs).data?.labels ?? [];
  return labels.filter((each) => each.label === label.part).map(({ value }) => value);
}

/** Generated ones, those that a release hands out, and private keys, wherever one stands. */
function knownSecrets(resources: readonly RecordedResource[], rollout: RolloutRecord | undefined): readonly string[] {
  const handedOut =
    rollout === undefined
      ? []
      : [
          ...Object.values(rollout.secretEnv).flatMap((env) => Object.values(env)),
          ...Object.values(rollout.dataSecrets),
          ...Object.values(rollout.gate.tokens),
          rollout.webhook,
        ];
  return generatedSecrets(resources, handedOut);
}

/** @param further those that are known besides */
export function generatedSecrets(
  resources: readonly RecordedResource[],
  further: readonly string[],
): readonly string[] {
  const generated = resources.filter(({ type }) => type.startsWith("random:")).map(({ outputs }) => outputs["result"]);
  const keys = resources.flatMap(({ outputs }) => textsIn(outputs)).flatMap((text) => text.match(privateKey) ?? []);
  const known = [...generated, ...keys, ...further].filter((value) => typeof value === "string");
  return [...new Set(withPasswords(known))];
}

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/g;

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}
