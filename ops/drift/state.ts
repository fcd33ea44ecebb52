import { z } from "zod";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { readState } from "../stack-state.ts";

/** What the last `up` left, as the stack's state has it: what drift is measured by. */
export interface State {
  readonly parts: readonly { readonly id: string; readonly name: string }[];
  readonly limits: readonly z.output<typeof limits>[];
  readonly files: readonly z.output<typeof files>[];
  /** Host names that are claimed on a volume. */
  readonly hosts: readonly z.output<typeof hosts>[];
  readonly networks: readonly { readonly id: string; readonly name: string; readonly internal: boolean }[];
  readonly volumes: readonly StateVolume[];
  readonly rollout: z.output<typeof rollout> | undefined;
}

export interface StateVolume {
  readonly name: string;
  /** Its content is the user's: protected. */
  readonly data: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

const limitsOf = z.object({ cpus: z.number(), memoryMb: z.number(), pids: z.number() });
const network = z.array(z.object({ name: z.string(), aliases: z.array(z.string()) }));
const limits = z.object({
  container: z.string(),
  name: z.string(),
  limits: limitsOf,
  restart: z.enum(["unless-stopped", "no"]),
  network: z.union([z.literal("host"), network]),
});

const entry = z.object({
  path: z.string(),
  type: z.enum(["file", "directory"]),
  content: z.string().default(""),
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
});
const writer = z.object({
  host: z.string(),
  place: z.object({ stack: z.string(), system: z.string() }),
  image: z.string(),
  volume: z.string(),
});
const files = writer.extend({ entries: z.array(entry) });
const hosts = writer.extend({ hosts: z.array(z.string()), uid: z.number() });

const database = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sqlite"), file: z.string() }),
  z.object({ kind: z.literal("postgres"), name: z.string() }),
]);
const rollout = z.object({
  workloads: z.array(
    z.object({
      container: z.object({
        labels: z.record(z.string(), z.string()),
        limits: limitsOf,
        network: z.union([z.literal("host"), network]),
      }),
    }),
  ),
  data: z.object({ database }),
  schema: z.object({ revisionSql: z.string() }),
});

const named = z.object({ name: z.string() });
const madeNetwork = named.extend({ internal: z.boolean().default(false) });
const madeVolume = named.extend({
  labels: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
});

/** @param text what `pulumi stack export --show-secrets` prints; nothing of it is kept beyond this process */
export function driftState(text: string): State {
  const resources = readState(text);
  const of = (end: string) => resources.filter(({ type }) => type.endsWith(end));
  const read = <T>(end: string, shape: z.ZodType<T>): readonly T[] =>
    of(end).flatMap(({ inputs }) => {
      const parsed = shape.safeParse(inputs);
      // Of an older Slipway: its next `up` writes what there is to look at.
      return parsed.success ? [parsed.data] : [];
    });
  return {
    parts: of("docker:index/container:Container").map(({ id, inputs }) => ({ id, ...named.parse(inputs) })),
    limits: read("slipway:steps:Limits", limits),
    files: read("slipway:steps:Files", files),
    hosts: read("slipway:steps:Hosts", hosts),
    networks: of("docker:index/network:Network").map(({ id, inputs }) => ({
      id,
      ...madeNetwork.parse(inputs),
    })),
    volumes: of("docker:index/volume:Volume").map(({ protect, inputs }) => {
      const { name, labels } = madeVolume.parse(inputs);
      return { name, data: protect, labels: Object.fromEntries(labels.map(({ label, value }) => [label, value])) };
    }),
    rollout: read("slipway:steps:Rollout", rollout)[0],
  };
}

/** The stack's state by `pulumi stack export`, secrets in clear, because files that hold some are compared too. */
export async function askState(context: PulumiContext): Promise<State> {
  return driftState(await askPulumi(context, ["stack", "export", "--show-secrets"]));
}
