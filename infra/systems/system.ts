import type { SecretSource, Workload } from "../../components/app/spec.ts";
import type { DataSpec } from "../../components/backup/spec.ts";
import type { SchemaSpec } from "../../components/migration/spec.ts";
import type { Probe } from "../../components/probe/spec.ts";
import type { ScrapeJob } from "../../components/prometheus/spec.ts";
import type { Route } from "../../components/switch/spec.ts";
import type { Secret } from "../config/secret.ts";

/** One product that is deployed whole, for one environment: pure data, no Pulumi. */
export interface System {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly minimum: Minimum;
  readonly app: Workload;
  /** Volumes of the workload that hold the user's data; all of them are protected. */
  readonly database: DataSpec["database"];
  readonly directories: DataSpec["directories"];
  readonly schema: SchemaSpec;
  readonly secrets: Readonly<Record<string, { readonly source: SecretSource; readonly given?: Secret }>>;
  readonly redis: { readonly enabled: boolean; readonly password?: Secret };
  readonly scrape: readonly ScrapeJob[];
  readonly routes: readonly Route[];
  readonly probes: readonly Probe[];
}

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
