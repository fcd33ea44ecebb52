import { tmwsOptions } from "../systems/tmws.options.ts";

/** Every system whose options the config knows; a new one registers here. One of the user's own comes from a file, see ../systems/own.ts. */
export const systems = [tmwsOptions] as const;

type Known = (typeof systems)[number];
export type SystemOptions = Omit<Known, "name"> & { readonly name: string };

/** The system of that name; for an unknown name the first, so that the rest of the config can still be checked. */
export function systemNamed(name: unknown, own?: SystemOptions): SystemOptions {
  if (own !== undefined && own.name === name) return own;
  return systems.find((system) => system.name === name) ?? systems[0];
}
