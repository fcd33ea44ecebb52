import type { Offsite } from "../../components/offsite/copies.ts";
import type { Settings } from "../config/settings.ts";

/** Where this stack's sets are copied to, with restic's image; undefined when its config names no place. */
export function offsiteOf({ offsite }: Pick<Settings, "offsite">, image: string | undefined): Offsite | undefined {
  const { url, password, keyId = "", key, keepDaily, keepWeekly, keepMonthly } = offsite;
  if (url === undefined || password === undefined || image === undefined) return undefined;
  return {
    repository: { image, url, keyId, keep: { daily: keepDaily, weekly: keepWeekly, monthly: keepMonthly } },
    secrets: { password: password.secret, key: key?.secret ?? "" },
  };
}
