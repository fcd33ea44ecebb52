import { derivedSecret } from "../../components/app/spec.ts";
import { Archive } from "../../components/archive/docker.ts";
import type { Postgres } from "../../components/postgres/docker.ts";
import type { Secrets } from "../../components/secrets/resource.ts";
import { archivedBy } from "./archived.ts";
import { networkName } from "./routes.ts";
import type { On } from "./stores.ts";
import { partLimits } from "./tiers.ts";

export function archive(
  { placement, networks, parent }: On,
  server: Postgres | undefined,
  { database }: Secrets,
): Archive | undefined {
  const { dataHost: host, system, settings, images } = placement;
  const archived = archivedBy(placement);
  if (archived === undefined || server === undefined || database === undefined || system.database.kind !== "postgres")
    return undefined;
  const { windowDays, baseHours, slotMb } = settings.backup;
  const limits = partLimits("archive", settings.tier);
  const of = { image: images.parts.postgres?.id ?? "", network: networkName(host), limits };
  const spec = { ...of, database: system.database.name, windowDays, baseHours, slotMb };
  // A generated one would be protected, and could not go when the archive does.
  const from = { kind: "hmac-sha256", key: "postgresOwner", text: "archive" } as const;
  const password = database.owner.apply((owner) => derivedSecret(from, owner));
  return new Archive("archive", { host, spec, network: networks.private, server, password }, { parent });
}
