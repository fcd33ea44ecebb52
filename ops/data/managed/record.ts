import { z } from "zod";
import type { Moved } from "../../../components/fargate/companion.ts";
import { isRecord } from "../../../components/options/path.ts";
import type { Probe } from "../../../components/probe/spec.ts";
import type { RecordedResource } from "../../stack-state.ts";

/** What a drill has to know of a stack whose parts AWS runs, as the last `up` recorded it. Pure. */

const mount = z.object({ volume: z.string(), path: z.string(), readOnly: z.boolean() });
const texts = z.record(z.string(), z.string());
const migration = z.object({
  host: z.string().startsWith("ecs://"),
  place: z.object({ stack: z.string(), system: z.string() }),
  data: z.object({
    user: z.string(),
    database: z.object({
      kind: z.literal("postgres"),
      name: z.string(),
      image: z.string(),
      network: z.string(),
      host: z.string(),
      trust: mount,
    }),
  }),
  dataSecrets: texts,
  schema: z.object({ revisionSql: z.string() }),
});

/** @throws Error in words for the user when nothing was released */
export function drillRecordOf(stack: string, resources: readonly RecordedResource[]): z.output<typeof migration> {
  const found = resources.find(({ type }) => type.endsWith("slipway:steps:Migration"));
  const read = migration.safeParse(found?.outputs);
  if (read.success) return read.data;
  throw new Error(`stack ${stack} has no release on AWS yet; \`npm start -- --stack ${stack}\` makes one`);
}

const smokeTest = z.object({
  probes: z.array(z.custom<Probe>((value) => isRecord(value) && typeof value["name"] === "string")),
  tokens: texts,
  network: z.object({ target: z.object({ base: z.url() }) }),
  commands: z
    .record(
      z.string(),
      z.object({
        image: z.string(),
        user: z.string(),
        env: texts,
        secrets: texts,
        mounts: z.array(mount),
        networks: z.array(z.string()),
        memoryMb: z.number(),
        at: z.object({ port: z.number() }),
      }),
    )
    .default({}),
  probeImage: z.string(),
  hidden: z.array(z.string()).default([]),
});

/** What proves the product; undefined while no release has been proved. */
export function smokeTestOf(resources: readonly RecordedResource[]): z.output<typeof smokeTest> | undefined {
  const found = resources.find(({ type }) => type.endsWith("slipway:steps:SmokeTest"));
  return smokeTest.safeParse(found?.outputs).data;
}

const version = z.object({ arn: z.string(), versionId: z.string(), secretString: z.string() });
const cache = z.object({ authToken: z.string() });
const output = z.object({ drillRedis: z.string().min(1) });

/** Values by reference, and what stands for Redis. */
export function movedOf(resources: readonly RecordedResource[]): Pick<Moved, "secrets" | "redis"> {
  const all = <T>(type: string, shape: z.ZodType<T>): readonly T[] =>
    resources.filter((each) => each.type.endsWith(type)).flatMap(({ outputs }) => shape.safeParse(outputs).data ?? []);
  const secrets = all(":SecretVersion", version).flatMap(({ arn, versionId, secretString }) =>
    Object.entries(texts.parse(JSON.parse(secretString))).map(([name, value]) => [
      `${arn}:${name}::${versionId}`,
      value,
    ]),
  );
  const [served] = all(":ReplicationGroup", cache);
  const [image] = all("pulumi:pulumi:Stack", output);
  const redis = served && image && { image: image.drillRedis, password: served.authToken };
  return { secrets: Object.fromEntries(secrets), redis };
}
