import type { Settings } from "../config/settings.ts";
import type { System } from "./system.ts";
import { tmws } from "./tmws.ts";

/** Every system by the name that config gives it; its options register in ../config/systems.ts. */
const systems: Readonly<Record<Settings["system"], (settings: Settings) => System>> = { tmws };

export function systemOf(settings: Settings): System {
  return systems[settings.system](settings);
}
