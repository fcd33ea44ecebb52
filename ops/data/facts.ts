import { z } from "zod";
import type { DataAccess } from "../../components/backup/sets.ts";
import { type Store, storesOf } from "../../components/backup/stores.ts";
import type { Place } from "../../components/container/spec.ts";
import type { SchemaSpec } from "../../components/migration/spec.ts";
import { type Mode, modes } from "../../components/rollout/plan.ts";
import { readState } from "../stack-state.ts";

/** What a command on the data must know of a stack: what its last `up` gave to the steps. */
export interface DataFacts {
  /** With the data's generation. */
  readonly place: Place;
  readonly access: DataAccess;
  readonly schema: SchemaSpec;
  readonly stores: readonly Store[];
  readonly holdSeconds: number;
  readonly mode: Mode;
  /** URNs of volumes in the state, by the volume's name. */
  readonly volumes: ReadonlyMap<string, string>;
}

const mount = z
  .object({
    volume: z.string(),
    path: z.string(),
    readOnly: z.boolean().default(false),
    plainFiles: z.boolean().optional(),
  })
  .transform(({ plainFiles, ...rest }) => ({ ...rest, ...(plainFiles !== undefined && { plainFiles }) }));

const database = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sqlite"), file: z.string() }),
  z.object({ kind: z.literal("postgres"), name: z.string(), image: z.string(), network: z.string(), trust: mount }),
]);

const data = z.object({
  image: z.string(),
  user: z.string(),
  mounts: z.array(mount),
  backupVolume: z.string(),
  database,
  directories: z.array(z.object({ name: z.string(), path: z.string() })),
  keep: z.number(),
});

const words = z.array(z.string());

const schema = z
  .object({
    target: z.string(),
    heads: words,
    knows: words,
    upgrade: words,
    downgrade: words.optional(),
    revisionSql: z.string(),
    workingDir: z.string(),
    variable: z.string(),
    url: z.string(),
    env: z.record(z.string(), z.string()),
    assertions: z.array(z.object({ name: z.string(), sql: z.string(), expect: z.string() })),
    report: z.string(),
  })
  .transform(({ downgrade, ...rest }) => ({ ...rest, ...(downgrade !== undefined && { downgrade }) }));

const place = z
  .object({ stack: z.string(), system: z.string(), generation: z.number().optional() })
  .transform(({ generation, ...rest }) => ({ ...rest, ...(generation !== undefined && { generation }) }));

const rollout = z.object({
  place,
  data,
  dataSecrets: z.record(z.string(), z.string()),
  schema,
  times: z.object({ hold: z.number() }),
  mode: z.enum(modes),
});

const clusterStep = z.object({ host: z.string(), place, data, dataSecrets: z.record(z.string(), z.string()), schema });

/** The same of a stack in a cluster. */
export interface ClusterFacts extends Pick<DataFacts, "place" | "access" | "schema"> {
  /** Its namespace, see components/cluster/address.ts. */
  readonly host: string;
}

/** @throws Error in words for the user when nothing was released yet */
export function clusterFactsOf(stack: string, text: string): ClusterFacts {
  const found = readState(text).find(({ type }) => type === "pulumi-nodejs:dynamic/slipway:steps:BackupPoint");
  if (found === undefined)
    throw new Error(`stack ${stack} runs no release, which could take data: \`npm start -- --stack ${stack}\``);
  const { dataSecrets: secrets, data: spec, ...step } = clusterStep.parse(found.outputs);
  return { ...step, access: { data: spec, secrets } };
}

const named = z.object({ name: z.string() });

/** Reads what `pulumi stack export --show-secrets` prints. @throws Error in words for the user when nothing was released yet */
export function factsOf(stack: string, text: string): DataFacts {
  const resources = readState(text);
  const found = resources.find(({ type }) => type === "pulumi-nodejs:dynamic/slipway:steps:Rollout");
  if (found === undefined)
    throw new Error(
      `stack ${stack} runs no release, whose data this could be about: \`npm start -- --stack ${stack}\``,
    );
  const step = rollout.parse(found.outputs);
  const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
  return {
    place: step.place,
    access: { data: step.data, secrets: step.dataSecrets },
    schema: step.schema,
    stores: storesOf(containers.map(({ name }) => `${name}-data`)),
    holdSeconds: step.times.hold,
    mode: step.mode,
    volumes: new Map(
      resources
        .filter(({ type }) => type === "docker:index/volume:Volume")
        .map(({ urn, outputs }) => [named.parse(outputs).name, urn]),
    ),
  };
}
