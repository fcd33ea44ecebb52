import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { Alertmanager } from "../../components/alertmanager/docker.ts";
import { tellsSomebody } from "../../components/alertmanager/routes.ts";
import type { Part } from "../../components/container/docker.ts";
import { label } from "../../components/container/spec.ts";
import { ExporterPart } from "../../components/exporters/docker.ts";
import {
  type Exporter,
  hostExporter,
  postgresExporter,
  probeExporter,
  redisExporter,
} from "../../components/exporters/spec.ts";
import type { Postgres } from "../../components/postgres/docker.ts";
import type { Redis } from "../../components/redis/docker.ts";
import type { Secrets } from "../../components/secrets/resource.ts";
import type { PartName } from "../images/catalog.ts";
import { networkName } from "./routes.ts";
import type { On } from "./stores.ts";
import { partLimits } from "./tiers.ts";
import { needsWatchNetwork, probeTargets, telling, watchNetworkName, watchSources } from "./watched.ts";

/** With a way out: to those who are told, to the edge as users reach it, to where samples are sent on. */
export function watchNetwork({ placement, parent }: On): docker.Network | undefined {
  if (!needsWatchNetwork(placement)) return undefined;
  const { place } = placement.host;
  const labels = [
    { label: label.stack, value: place.stack },
    { label: label.system, value: place.system },
  ];
  return new docker.Network("watch", { name: watchNetworkName(place), internal: false, labels }, { parent });
}

/** What watches beside Prometheus, by the stack's profile; nothing on local. */
export function watchers(
  on: On,
  watch: docker.Network | undefined,
  stores: { readonly redis: Redis; readonly postgres: Postgres | undefined; readonly journal: docker.Volume },
  secrets: Secrets,
): readonly { readonly container: Part }[] {
  const { placement, network, parent } = on;
  const { host, system } = placement;
  const { place } = host;
  if (watch === undefined || placement.settings.watch.profile === "off") return [];
  const sources = watchSources(placement);
  const make = (exporter: Exporter, files?: pulumi.Input<Exporter["files"]>, before: pulumi.Resource[] = []) => {
    const { files: _, ...known } = exporter;
    const args = { host, exporter: known, files, ...common(on, exporter.part) };
    return new ExporterPart({ ...args, dependsOn: [network, watch, ...before] }, { parent });
  };
  const made: { readonly container: Part }[] = [
    // Else the engine would make the volume, without the labels that say whose it is.
    make(hostExporter(place), undefined, [stores.journal]),
  ];
  if (sources.has("redis")) {
    const files = secrets.redisPassword.apply((password) => redisExporter(password).files);
    made.push(make(redisExporter(""), files, [stores.redis]));
  }
  if (sources.has("postgres") && system.database.kind === "postgres" && secrets.database && stores.postgres) {
    const { name } = system.database;
    const { login } = stores.postgres;
    const of = (password: string) => postgresExporter(place, name, login, password);
    const files = secrets.database.app.apply((password) => of(password).files);
    made.push(make(of(""), files, [stores.postgres.ready]));
  }
  if (sources.has("probe")) {
    const exporter = probeExporter(probeTargets(placement));
    made.push(make(exporter, [...exporter.files]));
  }
  const told = telling(placement);
  if (!tellsSomebody(told)) return made;
  const spec = common(on, "alertmanager");
  const args = { host, spec, telling: told, dependsOn: [network, watch] };
  return [...made, new Alertmanager("alertmanager", args, { parent })];
}

/** Image, networks and limits of one of them. */
function common({ placement }: On, part: string) {
  const { host, images, settings } = placement;
  const image = images.parts[part as PartName]?.id ?? "";
  const networks = { private: networkName(host), watch: watchNetworkName(host.place) };
  return { image, networks, limits: partLimits("watcher", settings.tier) };
}
