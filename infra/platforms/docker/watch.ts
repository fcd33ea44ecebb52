import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { Alertmanager } from "../../../components/alertmanager/docker.ts";
import { tellsSomebody } from "../../../components/alertmanager/routes.ts";
import { derivedSecret } from "../../../components/app/spec.ts";
import type { Archive } from "../../../components/archive/docker.ts";
import { stackNetwork } from "../../../components/container/network.ts";
import { ExporterPart } from "../../../components/exporters/docker.ts";
import {
  containerExporter,
  type Exporter,
  exporterParts,
  hostExporter,
  postgresExporter,
  postgresExporterFiles,
  probeExporter,
  probeExporterFiles,
  redisExporter,
  redisExporterFiles,
} from "../../../components/exporters/spec.ts";
import type { Postgres } from "../../../components/postgres/docker.ts";
import type { Redis } from "../../../components/redis/docker.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import { StepResource } from "../../../components/steps/resource.ts";
import type { FileEntry } from "../../../components/steps/runner.ts";
import type { PartName } from "../../images/catalog.ts";
import { partLimits } from "../tiers.ts";
import { archiveNotesFor } from "./archived.ts";
import type { On } from "./stores.ts";
import { needsWatchNetwork, probeTargets, telling, watchNetworkName, watchSources } from "./watched.ts";

/** With a way out: to those who are told, to the edge as users reach it, to where samples are sent on. */
export function watchNetwork({ placement, parent }: On): docker.Network | undefined {
  if (!needsWatchNetwork(placement)) return undefined;
  const { place } = placement.host;
  return stackNetwork("watch", { place, name: watchNetworkName(place), internal: false }, { parent });
}

/** What watches beside Prometheus, by the stack's profile; nothing on local. */
export function watchers(
  on: On,
  watch: docker.Network | undefined,
  stores: {
    readonly redis: Redis;
    readonly postgres: Postgres | undefined;
    readonly journal: docker.Volume;
    readonly archive: Pick<Archive, "notes"> | undefined;
  },
  secrets: Secrets,
): void {
  const { placement, parent } = on;
  const { host, system } = placement;
  const { place } = host;
  if (watch === undefined || placement.settings.watch.profile === "off") return;
  const sources = watchSources(placement);
  const make = (exporter: Exporter, before: pulumi.Resource[] = [], files?: pulumi.Input<readonly FileEntry[]>) => {
    const { part } = exporterParts[exporter.job];
    const dependsOn = [...on.networks.of(part).made, watch, ...before];
    return new ExporterPart({ host, exporter, files, ...common(on, part), dependsOn }, { parent });
  };
  // Else the engine would make the volume, without the labels that say whose it is.
  const notes = stores.archive === undefined ? [] : [stores.archive.notes];
  make(hostExporter(place, archiveNotesFor(placement)), [stores.journal, ...notes]);
  if (sources.has("containers")) make(containerExporter(place), [stores.journal]);
  if (sources.has("redis"))
    make(
      redisExporter,
      stores.redis.users === undefined ? [] : [stores.redis.users],
      secrets.redisOperatorPassword.apply(redisExporterFiles),
    );
  if (sources.has("postgres") && system.database.kind === "postgres" && secrets.database && stores.postgres) {
    const { name: database } = system.database;
    // A generated one would be protected, and could not go when the exporter does.
    const from = { kind: "hmac-sha256", key: "postgresOwner", text: "monitor" } as const;
    const password = secrets.database.owner.apply((owner) => derivedSecret(from, owner));
    const { container, ready } = stores.postgres;
    const role = new StepResource(
      { module: "exporters/role.step.ts", type: "MonitorRole" },
      "postgres-exporter-role",
      { ...placement.dataHost, container: container.id, database, password },
      ["password"],
      { parent, dependsOn: ready },
    );
    make(postgresExporter(place, database), [role], password.apply(postgresExporterFiles));
  }
  if (sources.has("probe")) {
    const targets = probeTargets(placement);
    make(probeExporter(targets), [], probeExporterFiles(targets));
  }
  const told = telling(placement);
  if (!tellsSomebody(told)) return;
  const spec = common(on, "alertmanager");
  const dependsOn = [...on.networks.of("alertmanager").made, watch];
  new Alertmanager("alertmanager", { host, spec, telling: told, dependsOn }, { parent });
}

/** Image, networks and limits of one of them. */
function common({ placement, networks: inner }: On, part: PartName) {
  const { host, images, settings } = placement;
  const image = images.parts[part]?.id ?? "";
  const networks = { inner: inner.of(part).names, watch: watchNetworkName(host.place) };
  return { image, networks, limits: partLimits("watcher", settings.tier) };
}
