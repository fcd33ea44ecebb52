import type { App } from "../../../components/app/docker.ts";
import { derivedSecret } from "../../../components/app/spec.ts";
import { Archive } from "../../../components/archive/docker.ts";
import { Litestream } from "../../../components/litestream/docker.ts";
import type { Postgres } from "../../../components/postgres/docker.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import { keepsLog } from "../../config/continuous.ts";
import { networkName } from "../routes.ts";
import { partLimits } from "../tiers.ts";
import { archivedBy } from "./archived.ts";
import type { Placement } from "./placement.ts";
import type { On } from "./stores.ts";

/** Of a system on SQLite; who receives it comes when its data are there, see `Litestream.receive`. */
export function fileLog({ placement, parent }: On): Litestream | undefined {
  const { dataHost, system, settings } = placement;
  if (system.database.kind !== "sqlite" || !keepsLog(system, settings)) return undefined;
  return new Litestream("archive", dataHost, { parent });
}

/**
 * Starts who receives SQLite's log, after the rollout: the file that it is of is the app's to make. Nothing for PostgreSQL, or where config keeps no
 * log.
 */
export function receiveLog({ host, settings, images }: Placement, log: Litestream | undefined, app: App): void {
  const { user, mounts, database } = app.data;
  if (log === undefined || database.kind !== "sqlite") return;
  const limits = partLimits("archive", settings.tier);
  const of = {
    image: images.parts.litestream?.id ?? "",
    network: networkName(host),
    user,
    mounts,
    database: database.file,
  };
  log.receive({ ...of, limits, windowDays: settings.backup.windowDays }, app.rollout);
}

/** PostgreSQL's. */
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
