import { tellsSomebody } from "../../../components/alertmanager/routes.ts";
import { alertmanagerAlias } from "../../../components/alertmanager/spec.ts";
import { leadsOut } from "../../../components/app/spec.ts";
import { archivePart } from "../../../components/archive/spec.ts";
import type { Inner } from "../../../components/container/spec.ts";
import { exporterParts } from "../../../components/exporters/spec.ts";
import { shipperPart } from "../../../components/logs/spec.ts";
import { besideNames } from "../../../components/nouns/all.ts";
import { ollamaAlias } from "../../../components/ollama/spec.ts";
import { postgresAlias } from "../../../components/postgres/spec.ts";
import { redisAlias } from "../../../components/redis/spec.ts";
import { publicOf } from "../../../components/switch/public.ts";
import { keepsLog } from "../../config/continuous.ts";
import { besideOf } from "../../systems/beside.ts";
import { archivedBy } from "./archived.ts";
import type { Placement } from "./placement.ts";
import { probeTargets, telling, watchSources } from "./watched.ts";

/** One part or workload: whom it asks, and where whoever needs it finds it. */
export interface Peer {
  readonly home: readonly Inner[];
  /** Parts and workloads of the stack. */
  readonly needs: readonly string[];
  /** Networks that lead out or in, each for its one purpose. @default none */
  readonly out?: readonly ("egress" | "watch" | "public" | "ship")[];
}

/** By part or workload. */
export type Peers = Readonly<Record<string, Peer>>;

type Seen = Pick<Placement, "host" | "settings" | "system">;

/**
 * Who needs whom on this stack. Not here: the edge and the firewall, which are on the host's own network, a shipper of logs that counts nothing, which
 * the engine alone reaches, and the sender of the database's log, which is alone on its network.
 */
export function peersOf(seen: Seen): Peers {
  const { system, settings } = seen;
  const stores = storesOf(system);
  const answering = system.workloads.flatMap(({ name, duty }) => (duty.kind === "worker" ? [] : [name]));
  const workloads = system.workloads.map((workload): readonly [string, Peer] => {
    const home: readonly Inner[] = answering.includes(workload.name) ? ["front", "private"] : ["private"];
    return [workload.name, { home, needs: stores, ...(leadsOut(workload) && { out: ["egress"] }) }];
  });
  const open = publicOf(settings.tcp, system.tcp) !== undefined;
  return {
    ...Object.fromEntries(workloads),
    switch: { home: ["front"], needs: answering, ...(open && { out: ["public"] }) },
    ...Object.fromEntries(stores.map((name) => [name, storePeer(name)])),
    ...(keepsLog(system, settings) && {
      // SQLite's log is a file.
      [archivePart]: { home: ["private"], needs: archivedBy(seen) ? [postgresAlias] : [] },
    }),
    ...watchPeers(seen, answering, stores),
  };
}

/** Its own networks, and one of each whom it does not meet there. */
export function innerOf(peers: Peers, name: string): readonly Inner[] {
  const { home = [], needs = [] } = peers[name] ?? {};
  const on: Inner[] = [...home];
  for (const need of needs) {
    const there = peers[need]?.home ?? [];
    if (!there.some((inner) => on.includes(inner))) on.push(...there.slice(0, 1));
  }
  return on;
}

/** Whom it can reach: everybody with whom it shares a network, of whatever kind. */
export function reachOf(peers: Peers, name: string): readonly string[] {
  const all = (one: string): readonly string[] => [...innerOf(peers, one), ...(peers[one]?.out ?? [])];
  const own = all(name);
  return Object.keys(peers).filter((other) => other !== name && all(other).some((each) => own.includes(each)));
}

/** Those that answer by http; Redis and PostgreSQL have exporters of their own. */
const probedStores: readonly string[] = [...besideNames, ollamaAlias];

function storesOf(system: Seen["system"]): readonly string[] {
  const { redis, database, ollama } = system;
  return [
    ...(redis.enabled ? [redisAlias] : []),
    ...(database.kind === "postgres" ? [postgresAlias] : []),
    ...besideOf(system),
    ...(ollama?.mode === "container" ? [ollamaAlias] : []),
  ];
}

function storePeer(name: string): Peer {
  // Its models come from outside.
  return { home: ["private"], needs: [], ...(name === ollamaAlias && { out: ["egress"] }) };
}

function watchPeers(seen: Seen, answering: readonly string[], stores: readonly string[]): Peers {
  const { settings, system } = seen;
  const { enabled, remoteWrite } = settings.prometheus;
  if (!enabled) return {};
  const sources = watchSources(seen);
  const needs = {
    host: [],
    redis: [redisAlias],
    postgres: [postgresAlias],
    containers: [],
    probe: [...stores.filter((store) => probedStores.includes(store)), ...answering],
  };
  const exporters = (["host", "containers", "redis", "postgres", "probe"] as const)
    .filter((job) => sources.has(job))
    .map((job): readonly [string, Peer] => {
      const outside = job === "probe" && probeTargets(seen).some(({ kind }) => kind === "edge");
      return [exporterParts[job].part, { home: ["metrics"], needs: needs[job], ...(outside && { out: ["watch"] }) }];
    });
  const tells = settings.watch.profile !== "off" && tellsSomebody(telling(seen));
  const teller: Peers = tells ? { [alertmanagerAlias]: { home: ["metrics"], needs: [], out: ["watch"] } } : {};
  const counter: Peers = sources.has("log") ? { [shipperPart]: { home: ["metrics"], needs: [], out: ["ship"] } } : {};
  const beside = { ...Object.fromEntries(exporters), ...teller, ...counter };
  const scraped = system.scrape.map(({ alias }) => alias);
  const out = remoteWrite.url === undefined ? {} : { out: ["watch"] as const };
  return { prometheus: { home: ["front"], needs: ["switch", ...scraped, ...Object.keys(beside)], ...out }, ...beside };
}
