import type { TierExposure } from "../../../components/firewall/tiers.ts";
import { type Generations, rdsServers } from "../../../components/postgres/rds-spec.ts";
import { postgresPort } from "../../../components/postgres/spec.ts";
import { redisPort } from "../../../components/redis/spec.ts";
import type { Settings } from "../../config/settings.ts";
import type { Images } from "../../images/all.ts";
import { parseReference } from "../../images/reference.ts";
import type { ImageRef } from "../../images/resolve.ts";
import type { System } from "../../systems/system.ts";
import { portsOf } from "../ports.ts";

/** What follows from a system and its config where AWS runs the parts; pure, so that asking loads no SDK. */

type Placed = { readonly system: System; readonly settings: Settings };

/** By digest alone from where it came: a tag beside it says nothing more. */
export function pulledName({ name, digest }: ImageRef): string {
  if (digest === undefined) throw new Error(`${name} has no digest: it is in no registry that AWS reaches`);
  return byDigest(name);
}

function byDigest(name: string): string {
  const { repository, digest } = parseReference(name);
  return `${repository}@${digest}`;
}

/** What tasks run beside the product. */
export const taskParts = ["curl", "postgres", "haproxy"] as const;
export type TaskPart = (typeof taskParts)[number];

/** From the user's own repository where there is one. */
export function partImage(
  { images, parts = {} }: { readonly images: Images; readonly parts?: Readonly<Partial<Record<TaskPart, string>>> },
  part: TaskPart,
): string {
  const own = parts[part];
  if (own !== undefined) return byDigest(own);
  const image = images.parts[part];
  if (image === undefined) throw new Error(`the system has no image of ${part}`);
  return pulledName(image);
}

/** In production, or where config says so: a second server in another zone, and a way out in each. */
export function isMultiAz({ aws, environment }: Settings): boolean {
  return aws.multiAz ?? environment === "production";
}

/** Raw TCP with the port that users meet it on. */
export function listeners({ system, settings: { tcp } }: Placed) {
  return system.tcp.map((route) => ({ ...route, listen: tcp.public ? (tcp.port ?? route.listen) : route.listen }));
}

/** Raw TCP that is not published is answered within the network alone. */
export function tierExposure({ system, settings }: Placed): TierExposure {
  const { tcp, aws } = settings;
  const everybody = ["0.0.0.0/0"];
  const sources = tcp.public ? tcp.allow : [aws.vpc.cidr];
  return {
    open: [
      ...(system.routes.length > 0 ? [443, 80].map((port) => ({ port, sources: everybody })) : []),
      ...listeners({ system, settings }).map(({ listen }) => ({ port: listen, sources })),
    ],
    taskPorts: [...new Set(Object.values(portsOf(system)).flat())].sort((a, b) => a - b),
    databasePort: postgresPort,
    cachePort: system.redis.enabled ? redisPort : undefined,
  };
}

/** Names that the certificate is for: the system's own, or the edge's where it answers raw TCP alone. */
export function publicHosts({ system, settings }: Placed): readonly string[] {
  const hosts = [...new Set(system.routes.map(({ host }) => host))];
  return hosts.length > 0 ? hosts : [settings.edge.domain];
}

/** Which server of the database serves, and from what the newest was made. */
export function generationsOf({ data, aws }: Pick<Settings, "data" | "aws">): Generations {
  return { serves: data.generation, oldest: aws.oldestServer, time: aws.restoreTime, snapshot: aws.restoreSnapshot };
}

/** Identifier of that server. */
export function servingServer(stack: string, settings: Pick<Settings, "data" | "aws">): string {
  return rdsServers(stack, "", generationsOf(settings)).at(-1)?.identifier ?? "";
}
