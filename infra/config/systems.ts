import type { OllamaDefaults } from "../../components/ollama/options.ts";
import { aidis } from "../systems/aidis.ts";
import { tmwsOptions } from "../systems/tmws.options.ts";
import { tmws23 } from "../systems/tmws-2.3.ts";
import { tria } from "../systems/tria.ts";

export type SystemOptions = Omit<typeof tmwsOptions, "name"> & {
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

/** Every system whose options the config knows; a new one registers here. One of the user's own comes from a file, see ../systems/own.ts. */
export const systems: readonly [SystemOptions, ...SystemOptions[]] = [
  tmwsOptions,
  { name: "tmws-2.3", product: "tmws", ...tmws23.options },
  { name: "aidis", ...aidis.options },
  { name: "tria", ...tria.options },
];

/** The system of that name; for an unknown name the first, so that the rest of the config can still be checked. */
export function systemNamed(name: unknown, own?: SystemOptions): SystemOptions {
  if (own !== undefined && own.name === name) return own;
  return systems.find((system) => system.name === name) ?? systems[0];
}

/** What a system is a version of; for a file of one's own the file. */
export function productOf(name: string): string {
  return systems.find((system) => system.name === name)?.product ?? name;
}
