import type { z } from "zod";
import type { HealthTimings } from "../../components/app/options.ts";
import type { OllamaDefaults } from "../../components/ollama/options.ts";
import type { Rule } from "../../components/options/rule.ts";
import type { Settings } from "../config/settings.ts";
import type { SystemOptions } from "../config/system-options.ts";
import type { System } from "./system.ts";

/** What a system adds to the config: its options, the defaults that follow from others, what its environments refuse. */
export interface OwnOptions<Schema extends z.ZodObject, App> {
  readonly schema: Schema;
  /** Fills in the defaults that depend on the edge's origin. */
  readonly complete: (app: z.output<Schema>, edgeOrigin: string) => App;
  readonly rules: readonly Rule<App>[];
  /** The product that this is a version of: a stack may change from one version to another. @default the system's own name */
  readonly product?: string;
  /** Config must not switch Redis off. @default false */
  readonly needsRedis?: boolean;
  /** Config must not switch Ollama off. @default false */
  readonly needsOllama?: boolean;
  readonly defaults: {
    readonly health: HealthTimings;
    /** Of a system that embeds by Ollama. @default it has no use for one */
    readonly ollama?: OllamaDefaults;
  };
}

/** A system of one's own, as the file that `slipway:system` names must export it by default. */
export interface OwnSystem {
  readonly options: Omit<SystemOptions, "name">;
  readonly system: (settings: Settings) => System;
}

/** A system of one's own: its part of the config, and its data for one environment. */
export function defineSystem<Schema extends z.ZodObject, App>(
  options: OwnOptions<Schema, App>,
  system: (app: App, settings: Omit<Settings, "app">) => System,
): OwnSystem {
  return {
    // The config keeps one system's options at a time and hands `app` on untouched: what `complete` made is what `system` gets.
    options: options as unknown as OwnSystem["options"],
    system: ({ app, ...settings }) => system(app as unknown as App, settings),
  };
}
