import type { Settings } from "../config/settings.ts";
import type { SystemOptions } from "../config/system-options.ts";
import { aidis } from "./aidis.ts";
import type { OwnSystem } from "./define.ts";
import { diligence } from "./diligence.ts";
import type { System } from "./system.ts";
import { tmwsOptions } from "./tmws.options.ts";
import { tmws } from "./tmws.ts";
import { tmws23 } from "./tmws-2.3.ts";
import { tria } from "./tria.ts";

/** Every system by the name that config gives it; a new one is its file and a line here. One of the user's own comes from a file, see own.ts. */
const all: Readonly<Record<string, OwnSystem>> = {
  tmws: { options: tmwsOptions, system: tmws },
  "tmws-2.3": tmws23,
  aidis,
  tria,
  diligence,
};

/** What each of them adds to the config; the first is the default. */
export const systems: readonly [SystemOptions, ...SystemOptions[]] = [
  tmwsOptions,
  ...Object.entries(all).flatMap(([name, { options }]) => (name === tmwsOptions.name ? [] : [{ name, ...options }])),
];

/** The system of that name; for an unknown name the first, so that the rest of the config can still be checked. */
export function systemNamed(name: unknown, own?: SystemOptions): SystemOptions {
  if (own !== undefined && own.name === name) return own;
  return systems.find((system) => system.name === name) ?? systems[0];
}

/** The system's plain data for these settings. @throws Error for a system that has options and no data, which is a fault of this file */
export function systemOf(settings: Settings): System {
  const found = all[settings.system];
  if (found === undefined) throw new Error(`system ${settings.system} has options but no data`);
  return found.system(settings);
}

/** What a system is a version of; for a file of one's own the file. */
export function productOf(name: string): string {
  return systems.find((system) => system.name === name)?.product ?? name;
}
