import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../config/settings.ts";
import { leavesOf } from "./leaves.ts";

/** The secrets of a config by option: `app.secretEnv.VENDOR_KEY`. */
export function givenSecrets(settings: Settings): Readonly<Record<string, string>> {
  return Object.fromEntries(
    leavesOf(settings).flatMap(([option, value]) => (value instanceof Secret ? [[option, value.secret]] : [])),
  );
}
