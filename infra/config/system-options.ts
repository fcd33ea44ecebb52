import type { OllamaDefaults } from "../../components/ollama/options.ts";
import type { tmwsOptions } from "../systems/tmws.options.ts";

/** What a system adds to the config. The first system's options stand for all: a stack has one system, and only that one reads `app`. */
export type SystemOptions = Omit<typeof tmwsOptions, "name"> & {
  /** What `slipway:system` says. */
  readonly name: string;
  /** The product that this is a version of: a stack may change from one version to another. @default the name */
  readonly product?: string;
  /** Config must not switch Redis off. @default false */
  readonly needsRedis?: boolean;
  /** Config must not switch Ollama off. @default false */
  readonly needsOllama?: boolean;
  readonly defaults: {
    /** Of a system that embeds by Ollama. @default it has no use for one */
    readonly ollama?: OllamaDefaults;
  };
};
