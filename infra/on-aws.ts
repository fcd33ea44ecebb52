import { getAvailabilityZones } from "@pulumi/aws/getAvailabilityZones.js";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import type Docker from "dockerode";
import { engineClient } from "../components/steps/docker-runner.ts";
import type { Settings } from "./config/settings.ts";
import { type Images, resolveImages } from "./images/all.ts";
import { mirrored } from "./images/mirror.ts";
import { managedProvider, regionOf } from "./platforms/aws/provider.ts";
import { pulledName, taskParts } from "./platforms/managed/names.ts";
import { ManagedPlatform } from "./platforms/managed/platform.ts";
import { unmanageable } from "./platforms/managed/unmanageable.ts";
import { refusalOf } from "./platforms/refusal.ts";
import { addressOf } from "./platforms/routes.ts";
import { dockerHost } from "./preflight/docker-host.ts";
import { observeServices } from "./preflight/services.ts";
import { inWords, placeableSystem, say } from "./program.ts";
import { promotionOf } from "./release/promotion.ts";

/** A stack whose parts AWS runs. The engine here looks up images, and runs nothing of it. */
export async function onAws() {
  const { settings, system } = await placeableSystem((wanted, by) => [
    refusalOf(unmanageable(wanted, by), "aws.shape managed"),
  ]);
  const engine = engineClient(await dockerHost());
  const region = regionOf(settings);
  const seen = settings.release === "promoted" ? await observeServices(region, settings.stack) : {};
  const promotion = await promotionOf(engine, system, settings, seen);
  const images = await resolveImages(engine, system, settings, say, promotion?.images).catch(inWords);
  const parts = await partsOf(engine, images, settings).catch(inWords);
  const provider = managedProvider(settings.stack, system.name, settings);
  const [{ accountId: account }, { names }] = await Promise.all([
    getCallerIdentity({}, { provider }),
    getAvailabilityZones({ state: "available" }, { provider }),
  ]);
  const place = { stack: settings.stack, system: system.name };
  const zones = names.slice(0, 2);
  const placement = { place, settings, system, images, parts, region, account, zones, provider, promotion };
  const { smokeTest, app, proven } = new ManagedPlatform(placement);
  const { name, digest, commit } = images.app;
  return {
    url: addressOf(system, settings),
    release: smokeTest.provedRelease,
    proved: smokeTest.proved,
    reports: smokeTest.reports,
    migrated: app.migrated,
    rehearsalSeconds: app.rehearsal.rehearsalSeconds,
    warnings: app.rehearsal.findings,
    image: { name, digest, commit: commit ?? settings.image.commit ?? promotion?.record.commit },
    proof: proven?.proof ?? "",
    proofKey: proven?.key ?? "",
    promotion: promotion?.record ?? "",
    // A drill starts the product beside an empty one.
    drillRedis: system.redis.enabled ? pulledName(images.parts.redis) : "",
  };
}

/** Where tasks take the parts from, when the user has a repository for them. */
async function partsOf(engine: Docker, images: Images, { aws, registries }: Settings) {
  if (aws.parts === undefined) return {};
  const wanted = Object.fromEntries(taskParts.map((part) => [part, images.parts[part]]));
  const credentials = Object.entries(registries).map(([host, { username, password }]) => {
    return [host, { username, password: password.secret }] as const;
  });
  return mirrored(engine, aws.parts, wanted, Object.fromEntries(credentials));
}
