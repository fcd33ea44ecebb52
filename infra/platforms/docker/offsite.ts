import type { Offsite } from "../../../components/offsite/copies.ts";
import type { Settings } from "../../config/settings.ts";

/** Where this stack's sets are copied to, with restic's image; undefined when its config names no place. */
export function offsiteOf({ offsite }: Pick<Settings, "offsite">, image: string | undefined): Offsite | undefined {
  const { url, password, keyId = "", key, sshKey, knownHosts, storageClass } = offsite;
  if (url === undefined || password === undefined || image === undefined) return undefined;
  return {
    repository: {
      image,
      url,
      keyId,
      ...(storageClass !== undefined && { storageClass }),
      ...(knownHosts !== undefined && { knownHosts }),
      keep: { daily: offsite.keepDaily, weekly: offsite.keepWeekly, monthly: offsite.keepMonthly },
    },
    secrets: {
      password: password.secret,
      key: key?.secret ?? "",
      ...(sshKey !== undefined && { sshKey: sshKey.secret }),
    },
  };
}
