import type { Alert, Objective } from "../../components/alerts/spec.ts";
import type { SecretSource, Workload } from "../../components/app/spec.ts";
import type { DataSpec } from "../../components/backup/spec.ts";
import type { Trigger } from "../../components/bake/spec.ts";
import type { Row } from "../../components/dashboards/spec.ts";
import type { LogPattern } from "../../components/logs/count.ts";
import type { SchemaSpec } from "../../components/migration/spec.ts";
import type { BesideName } from "../../components/nouns/all.ts";
import type { Offer } from "../../components/nouns/spec.ts";
import type { SystemOllama } from "../../components/ollama/spec.ts";
import type { Secret } from "../../components/options/secret.ts";
import type { Probe } from "../../components/probe/spec.ts";
import type { ScrapeJob } from "../../components/prometheus/spec.ts";
import type { Mode } from "../../components/rollout/plan.ts";
import type { Route, TcpRoute } from "../../components/switch/spec.ts";

/**
 * One product that is deployed whole, for one environment: pure data, no Pulumi. By the names of the stores that may be beside its workloads
 * (components/nouns), e.g. `chroma: { enabled: true }`: each on the private network, at its name. @default none
 */
export interface System extends Readonly<Partial<Record<BesideName, Offer>>> {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly minimum: Minimum;
  /** `stop-first` where only one writer may be at a time (SQLite). */
  readonly mode: Mode;
  /** The first web one is where host names lead that say nothing else. All run the system's one image. */
  readonly workloads: readonly Workload[];
  readonly database: SystemDatabase;
  /** Volumes of the workloads that hold the user's data; all of them are protected. */
  readonly directories: DataSpec["directories"];
  readonly schema: SchemaSpec;
  readonly secrets: Readonly<Record<string, { readonly source: SecretSource; readonly given?: Secret }>>;
  readonly redis: { readonly enabled: boolean; readonly password?: Secret };
  /** What the workloads embed with; `ollamaOf(settings.ollama)`. @default none: config cannot switch it on */
  readonly ollama?: SystemOllama;
  readonly scrape: readonly ScrapeJob[];
  /** Host names that the edge answers; empty for a system without https: it gets no edge. */
  readonly routes: readonly Route[];
  readonly tcp: readonly TcpRoute[];
  readonly probes: readonly Probe[];
  /** Of the bake time, beside those that every web workload has from the switch. */
  readonly triggers: readonly Trigger[];
  /** Its own, about its own metrics, beside those of every part; each has its runbook. @default none */
  readonly alerts?: readonly Alert[];
  /** What is counted in lines that its workloads and parts print, where `slipway:logs.count` is on; alerts of the source `log` are about it. @default none */
  readonly logPatterns?: readonly LogPattern[];
  /** What burn rates are about. @default 99.9 % of requests by https */
  readonly objective?: Objective;
  /** What its own dashboard shows, from its own metrics. @default none: the overview, which every system has, is all */
  readonly panels?: readonly Row[];
}

/** Where the rows are. */
export type SystemDatabase =
  | { readonly kind: "sqlite"; readonly file: string }
  | {
      readonly kind: "postgres";
      readonly name: string;
      readonly ownerPassword?: Secret | undefined;
      readonly appPassword?: Secret | undefined;
      /** What all replicas of one release hold at most; a release in overlap doubles it. Checked against max_connections. */
      readonly connections: number;
    };

/** What the host must have, from the system's guide. */
export interface Minimum {
  readonly cores: number;
  readonly memoryGb: number;
  readonly diskGb: number;
  /** Docker Engine, e.g. `24.0` */
  readonly docker: string;
  /** Where the guide says so, for the message. */
  readonly guide: string;
}
