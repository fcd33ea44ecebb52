import type { Settings } from "../config/settings.ts";
import { aidis } from "./aidis.ts";
import type { System } from "./system.ts";
import { tmws } from "./tmws.ts";
import { tmws23 } from "./tmws-2.3.ts";
import { tria } from "./tria.ts";

/** Every system by the name that config gives it; its options register in ../config/systems.ts. */
const systems: Readonly<Record<string, (settings: Settings) => System>> = {
  tmws,
  "tmws-2.3": tmws23.system,
  aidis: aidis.system,
  tria: tria.system,
};

export function systemOf(settings: Settings): System {
  const found = systems[settings.system];
  if (found === undefined) throw new Error(`system ${settings.system} has options but no data`);
  return found(settings);
}
