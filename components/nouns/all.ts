import { noun as alertmanager } from "../alertmanager/noun.ts";
import { noun as archive } from "../archive/noun.ts";
import { noun as backup } from "../backup/noun.ts";
import { noun as certificate } from "../certificate/noun.ts";
import { noun as chroma } from "../chroma/noun.ts";
import { noun as edge } from "../edge/noun.ts";
import { noun as exporters } from "../exporters/noun.ts";
import { noun as firewall } from "../firewall/noun.ts";
import { noun as litestream } from "../litestream/noun.ts";
import { noun as logs } from "../logs/noun.ts";
import { noun as offsite } from "../offsite/noun.ts";
import { noun as offsiteLog } from "../offsite-log/noun.ts";
import { noun as ollama } from "../ollama/noun.ts";
import { noun as postgres } from "../postgres/noun.ts";
import { noun as probe } from "../probe/noun.ts";
import { noun as prometheus } from "../prometheus/noun.ts";
import { noun as redis } from "../redis/noun.ts";
import { noun as rollout } from "../rollout/noun.ts";
import { noun as switchNoun } from "../switch/noun.ts";
import type { Beside, Noun } from "./spec.ts";

/** Every noun that says something of itself: its line is all that a new one needs here. */
const nouns = {
  redis,
  postgres,
  archive,
  chroma,
  ollama,
  prometheus,
  exporters,
  alertmanager,
  logs,
  switch: switchNoun,
  edge,
  firewall,
  probe,
  offsite,
  offsiteLog,
  litestream,
  backup,
  certificate,
  rollout,
} as const satisfies Readonly<Record<string, Noun>>;

type Nouns = typeof nouns;
type NounName = keyof Nouns;
/** Lists that every noun may add to. */
type List = "images" | "limits" | "volumes" | "outage";

/** What the nouns call those that they have in such a list. */
export type NameIn<L extends List> = {
  [Name in NounName]: Nouns[Name] extends Readonly<Record<L, infer Own>> ? keyof Own & string : never;
}[NounName];

/** Of all nouns, in their order. */
export function all<L extends List>(list: L): Readonly<Record<NameIn<L>, NonNullable<Noun[L]>[string]>> {
  const entries = Object.values<Noun>(nouns).flatMap((noun) => Object.entries(noun[list] ?? {}));
  return Object.fromEntries(entries) as ReturnType<typeof all<L>>;
}

/** Stores that a system may have beside its workloads. */
export type BesideName = {
  [Name in NounName]: Nouns[Name] extends Pick<Required<Noun>, "beside"> ? Name : never;
}[NounName];

/** By name, in their order. */
export const besides: Readonly<Record<BesideName, Beside>> = Object.fromEntries(
  Object.entries<Noun>(nouns).flatMap(([name, { beside }]) => (beside === undefined ? [] : [[name, beside]])),
) as Readonly<Record<BesideName, Beside>>;

export const besideNames = Object.keys(besides) as readonly BesideName[];
