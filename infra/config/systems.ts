import type { z } from "zod";
import { aidisOptions } from "../systems/aidis.options.ts";
import type { OwnOptions } from "../systems/define.ts";
import { tmwsOptions } from "../systems/tmws.options.ts";

export type SystemOptions = Omit<typeof tmwsOptions, "name"> & { readonly name: string };

/** Every system whose options the config knows; a new one registers here. One of the user's own comes from a file, see ../systems/own.ts. */
export const systems: readonly [SystemOptions, ...SystemOptions[]] = [tmwsOptions, named("aidis", aidisOptions)];

/** The config keeps one system's options at a time and hands `app` on untouched, so that the type of the first stands for all: see defineSystem. */
function named<Schema extends z.ZodObject, App>(name: string, options: OwnOptions<Schema, App>): SystemOptions {
  return { name, ...options } as unknown as SystemOptions;
}

/** The system of that name; for an unknown name the first, so that the rest of the config can still be checked. */
export function systemNamed(name: unknown, own?: SystemOptions): SystemOptions {
  if (own !== undefined && own.name === name) return own;
  return systems.find((system) => system.name === name) ?? systems[0];
}
