import { tmwsOptions } from "../systems/tmws.options.ts";

/** Every system whose options the config knows; a new one registers here. */
export const systems = [tmwsOptions] as const;

export type SystemOptions = (typeof systems)[number];

/** The system of that name; for an unknown name the first, so that the rest of the config can still be checked. */
export function systemNamed(name: unknown): SystemOptions {
  return systems.find((system) => system.name === name) ?? systems[0];
}
