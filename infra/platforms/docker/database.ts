import type { DockerHost } from "../../../components/container/docker.ts";
import type { Database } from "../../../components/database/spec.ts";
import { trustMount } from "../../../components/postgres/spec.ts";
import type { Images } from "../../images/all.ts";
import type { SystemDatabase } from "../../systems/system.ts";
import { networkName } from "../routes.ts";

/** Where a system's rows are, on this host. */
export function databaseOf(host: DockerHost, database: SystemDatabase, images: Images): Database {
  if (database.kind === "sqlite") return database;
  const { name } = database;
  const trust = trustMount(host.place);
  return { kind: "postgres", name, image: images.parts.postgres?.id ?? "", network: networkName(host), trust };
}
