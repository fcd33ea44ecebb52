import { z } from "zod";

/** What of the steps' records is looked at again. Loose: they keep more, and a state may be of another version. */

const mounts = z.array(z.object({ volume: z.string(), path: z.string(), readOnly: z.boolean().default(false) }));

const common = { name: z.string(), promql: z.string(), guide: z.string() };
const trigger = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("ratio"), above: z.number() }),
  z.object({ ...common, kind: z.literal("baseline"), times: z.number(), floor: z.number() }),
  z.object({ ...common, kind: z.literal("count"), above: z.number() }),
]);

const duty = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("web"),
    port: z.number(),
    path: z.string(),
    json: z.record(z.string(), z.unknown()),
  }),
  z.object({ kind: z.literal("tcp"), port: z.number() }),
  z.object({ kind: z.literal("worker") }),
]);

const secrets = z.record(z.string(), z.string());

export const rolloutRecord = z.object({
  host: z.string(),
  place: z.object({ stack: z.string(), system: z.string() }),
  version: z.string(),
  release: z.string().optional(),
  bake: z.object({ triggers: z.array(trigger), prometheus: z.string() }),
  gate: z.object({ probeImage: z.string(), tokens: secrets.default({}) }),
  data: z.object({
    user: z.string(),
    backupVolume: z.string(),
    database: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("sqlite"), file: z.string() }),
      z.object({ kind: z.literal("postgres"), name: z.string() }),
    ]),
  }),
  schema: z.object({
    target: z.string(),
    revisionSql: z.string(),
    assertions: z.array(z.object({ name: z.string(), sql: z.string(), expect: z.string() })).default([]),
  }),
  workloads: z.array(
    z.object({
      container: z.object({
        labels: z.record(z.string(), z.string()),
      }),
      duty,
    }),
  ),
  secretEnv: z.record(z.string(), secrets).default({}),
  dataSecrets: secrets.default({}),
  webhook: z.string().default(""),
});

export const smokeTestRecord = z.object({
  edge: z.object({ target: z.object({ base: z.string(), options: z.array(z.string()) }), mounts }).optional(),
});

export const stackRecord = z.object({
  url: z.string().default(""),
  image: z
    .object({ name: z.string().nullish(), digest: z.string().nullish(), commit: z.string().nullish() })
    .default({}),
});

export const certificateRecord = z.object({ ends: z.string() });

export const containerRecord = z.object({
  labels: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
});

export type RolloutRecord = z.output<typeof rolloutRecord>;
export type SmokeTestRecord = z.output<typeof smokeTestRecord>;
