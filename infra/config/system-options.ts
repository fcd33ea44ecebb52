import type { OllamaDefaults } from "../../components/ollama/options.ts";
import type { tmwsOptions } from "../systems/tmws.options.ts";

/** What a system adds to the config. The first system's options stand for all: a stack has one system, and only that one reads `app`. */
export type SystemOptions = Omit<typeof tmwsOptions, "name"> & {
  /** What `slipway:system` says. */
  readonly name: string;
  /** Config must not switch Redis off. @default false */
  readonly needsRedis?: boolean;
  readonly defaults: {
    /** Of a system that embeds by Ollama. @default it has no use for one */
    readonly ollama?: OllamaDefaults;
  };
};
