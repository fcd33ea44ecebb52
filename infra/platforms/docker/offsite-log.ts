import type * as pulumi from "@pulumi/pulumi";
import { archiveUser } from "../../../components/archive/spec.ts";
import { OffsiteLog } from "../../../components/offsite-log/docker.ts";
import type { AwayLog, AwaySecrets } from "../../../components/offsite-log/spec.ts";
import { sendsLog, type WithDatabase } from "../../config/continuous.ts";
import type { Settings } from "../../config/settings.ts";
import { partLimits } from "../tiers.ts";
import type { Placement } from "./placement.ts";

/** Where the log of a stack is off the host, with what opens it; undefined where nobody sends it. @param user the product's, who owns SQLite's log */
export function awayLogOf(
  { database }: WithDatabase,
  settings: Settings,
  { image, user }: Pick<AwayLog, "image" | "user">,
): { readonly away: AwayLog; readonly secrets: AwaySecrets } | undefined {
  const { url, keyId = "", key, password } = settings.offsite;
  if (!sendsLog({ database }, settings) || url === undefined || password === undefined) return undefined;
  const { kind } = database;
  return {
    away: { image, url, keyId, kind, user: kind === "postgres" ? archiveUser : user },
    secrets: { password: password.secret, key: key?.secret ?? "" },
  };
}

/** @param archive who receives the log */
export function sendLog(
  { host, system, settings, images }: Placement,
  archive: pulumi.Resource | undefined,
  app: { readonly user: string },
  parent: pulumi.Resource,
): void {
  const found = awayLogOf(system, settings, { image: images.parts.rclone?.id ?? "", user: app.user });
  if (found === undefined || archive === undefined) return;
  const { windowDays } = settings.backup;
  const baseClass = settings.offsite.storageClass ?? "STANDARD_IA";
  const spec = { away: found.away, limits: partLimits("offsite-log", settings.tier), windowDays, baseClass };
  new OffsiteLog("offsite-log", { host, spec, secrets: found.secrets, archive }, { parent });
}
