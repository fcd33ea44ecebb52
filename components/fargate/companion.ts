import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { type FargateSize, fargateSize } from "./size.ts";

/** The product as its release registered it, beside a step's own command and on another database: one task, which ends with the command. Pure. */

/** A release's task as ECS has it. */
export interface Registered {
  /** Its own container's name. */
  readonly workload: string;
  readonly size: FargateSize;
  readonly containers: readonly ContainerDefinition[];
  readonly volumes: readonly string[];
}

/** What is another than in the release. */
export interface Moved {
  /** Name of the server that serves. */
  readonly from: string;
  /** Of the one in its place. */
  readonly to: string;
  /** What Secrets Manager has, by the reference that a definition makes to it. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A throw-away server in place of the way to Redis; undefined for a product without. */
  readonly redis: { readonly image: string; readonly password: string } | undefined;
}

export interface Companion {
  readonly product: Registered;
  /** Variables that a step's secret has to hold for it, by their keys there. */
  readonly values: Readonly<Record<string, string>>;
  readonly redisImage: string | undefined;
  readonly moved: (text: string) => string;
}

interface Whole {
  readonly size: FargateSize;
  readonly containers: readonly ContainerDefinition[];
  readonly volumes: readonly { readonly name: string }[];
}

/** Of the container beside the product by which it reaches Redis. */
export const tunnelName = "redis";
const redisVariable = "SLIPWAY_REDIS";

/** Of the product's containers, as the task has them: a step's own have such names too. */
export function companionName(name: string): string {
  return `product-${name}`;
}

const keyOf = (variable: string) => `product_${variable}`;

/** @throws Error for a secret that nobody knows (whether it names the server could not be told), and for a way to Redis that nothing stands for */
export function companionOf(product: Registered, { from, to, secrets, redis }: Moved): Companion {
  const { containers, workload } = product;
  const moved = (text: string) => text.replaceAll(from, to);
  const values = containers
    .flatMap((each) => each.secrets ?? [])
    .flatMap(({ name = "", valueFrom = "" }): readonly [string, string][] => {
      const value = secrets[valueFrom];
      if (value === undefined)
        throw new Error(`what ${name} of ${workload} reads is another than the last \`npm start\` wrote; run it again`);
      return value.includes(from) ? [[keyOf(name), moved(value)]] : [];
    });
  if (!containers.some(({ name }) => name === tunnelName))
    return { product, values: Object.fromEntries(values), redisImage: undefined, moved };
  if (redis === undefined)
    throw new Error(
      `${workload} asks Redis, and the stack has recorded no image of one to try it with; \`npm start\` does`,
    );
  const withRedis = [...values, [keyOf(redisVariable), redis.password] as const];
  return { product, values: Object.fromEntries(withRedis), redisImage: redis.image, moved };
}

/** A step's task with the product beside it, which must be healthy before the command begins. @param main the command's container @param from where a key of the step's secret is found */
export function withCompanion(task: Whole, main: string, companion: Companion, from: (key: string) => string): Whole {
  const { product } = companion;
  const healthy = { containerName: companionName(product.workload), condition: "HEALTHY" as const };
  const memoryMb = task.size.memoryMb + product.size.memoryMb;
  return {
    size: fargateSize({ cpus: Math.max(task.size.cpu, product.size.cpu) / 1024, memoryMb }),
    containers: [
      ...task.containers.map((each) =>
        each.name === main ? { ...each, dependsOn: [...(each.dependsOn ?? []), healthy] } : each,
      ),
      ...product.containers.map((each) => besideContainer(each, companion, from)),
    ],
    volumes: [...task.volumes, ...product.volumes.map((name) => ({ name: companionName(name) }))],
  };
}

function besideContainer(own: ContainerDefinition, companion: Companion, from: (key: string) => string) {
  const { values, redisImage, moved } = companion;
  const renamed: ContainerDefinition = {
    ...own,
    name: companionName(own.name ?? ""),
    // Whoever looks for the release's own containers finds none here.
    dockerLabels: {},
    portMappings: [],
    environment: (own.environment ?? []).map((each) => ({ ...each, value: moved(each.value ?? "") })),
    secrets: (own.secrets ?? []).map((each) => {
      const key = keyOf(each.name ?? "");
      return Object.hasOwn(values, key) ? { name: each.name, valueFrom: from(key) } : each;
    }),
    dependsOn: (own.dependsOn ?? []).map((each) => ({
      ...each,
      containerName: companionName(each.containerName ?? ""),
    })),
    mountPoints: (own.mountPoints ?? []).map((each) => ({
      ...each,
      sourceVolume: companionName(each.sourceVolume ?? ""),
    })),
  };
  return own.name === tunnelName && redisImage !== undefined ? throwAwayRedis(renamed, redisImage, from) : renamed;
}

/** Where the product looks for Redis an empty one answers, with its password: what is tried must not get at the queue that serves. */
function throwAwayRedis(tunnelled: ContainerDefinition, image: string, from: (key: string) => string) {
  const started = `printf 'requirepass "%s"\\n' "$${redisVariable}" | exec redis-server - --bind 127.0.0.1 --save '' --appendonly no`;
  return {
    ...tunnelled,
    image,
    entryPoint: ["sh", "-c", started],
    environment: [],
    secrets: [{ name: redisVariable, valueFrom: from(keyOf(redisVariable)) }],
  };
}
