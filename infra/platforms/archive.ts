import { Archive } from "../../components/archive/docker.ts";
import type { Postgres } from "../../components/postgres/docker.ts";
import { archivedBy } from "./archived.ts";
import { networkName } from "./routes.ts";
import type { On } from "./stores.ts";
import { partLimits } from "./tiers.ts";

export function archive({ placement, network, parent }: On, server: Postgres | undefined): Archive | undefined {
  const { dataHost: host, system, settings, images } = placement;
  const archived = archivedBy(placement);
  if (archived === undefined || server === undefined || system.database.kind !== "postgres") return undefined;
  const { windowDays, baseHours, slotMb } = settings.backup;
  const limits = partLimits("archive", settings.tier);
  const of = { image: images.parts.postgres?.id ?? "", network: networkName(host), limits };
  const spec = { ...of, database: system.database.name, windowDays, baseHours, slotMb };
  return new Archive("archive", { host, spec, network, server }, { parent });
}
