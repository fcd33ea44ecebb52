import { z } from "zod";

/** How a step's stored `host` names where tasks of a stack run: `ecs://<region>/<cluster>?...`. Names alone, no secret. */
export interface FargateAddress {
  readonly region: string;
  /** The stack's own: whatever runs in it is the stack's. */
  readonly cluster: string;
  /** Private ones. */
  readonly subnets: readonly string[];
  /** Security group of the tasks. */
  readonly group: string;
  /** ARN of the role that fetches images and secrets for a task; the task itself has none. */
  readonly role: string;
  /** Log group. */
  readonly logs: string;
  /** Identifier of the server of RDS. */
  readonly database: string;
  /** Image with a shell and curl, which prepares what a task mounts. */
  readonly helper: string;
}

const scheme = "ecs://";
const query = z.strictObject({
  subnets: z.string().min(1),
  group: z.string().min(1),
  role: z.string().min(1),
  logs: z.string().min(1),
  database: z.string().min(1),
  helper: z.string().min(1),
});

/** Whether a step's `host` is a stack's cluster of ECS; `parseFargateAddress` says which. */
export function isFargateAddress(host: string): boolean {
  return host.startsWith(scheme);
}

/** What `parseFargateAddress` reads back. */
export function fargateAddress({ region, cluster, subnets, ...rest }: FargateAddress): string {
  return `${scheme}${region}/${cluster}?${new URLSearchParams({ subnets: subnets.join(","), ...rest })}`;
}

/** @throws Error for what `fargateAddress` did not write */
export function parseFargateAddress(host: string): FargateAddress {
  const [, region, cluster, rest = ""] = /^ecs:\/\/([^/]+)\/([^/?]+)\?(.+)$/.exec(host) ?? [];
  const read = query.safeParse(Object.fromEntries(new URLSearchParams(rest)));
  if (region === undefined || cluster === undefined || !read.success)
    throw new Error(
      `${JSON.stringify(host)} names no cluster of ECS: wanted is ${scheme}<region>/<cluster>?subnets=...&group=...&role=...&logs=...&database=...&helper=...`,
    );
  return { region, cluster, ...read.data, subnets: read.data.subnets.split(",") };
}

/** What a stack's things on AWS are called: the cluster, the log group's last part, the beginning of every task family. */
export function stackName(stack: string): string {
  return `slipway-${stack}`;
}

/** Below it lie a stack's secrets; the tasks' role may read no others. */
export function secretPrefix(stack: string): string {
  return `slipway/${stack}/`;
}
