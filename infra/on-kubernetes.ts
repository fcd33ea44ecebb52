import { engineClient } from "../components/steps/docker-runner.ts";
import { resolveImages } from "./images/all.ts";
import { namespaceOf, privateAddressOf, scaledDatabase } from "./platforms/kubernetes/names.ts";
import { unplaceable } from "./platforms/kubernetes/placeable.ts";
import { KubernetesPlatform } from "./platforms/kubernetes/platform.ts";
import { refusalOf } from "./platforms/refusal.ts";
import { addressOf } from "./platforms/routes.ts";
import { connectionProblem } from "./preflight/connections.ts";
import { dockerHost } from "./preflight/docker-host.ts";
import { modelSourceOf } from "./preflight/ollama.ts";
import { assertServers } from "./preflight/servers.ts";
import { inWords, placeableSystem, say } from "./program.ts";

/** A stack in a cluster. The engine here builds and looks up images, and runs nothing of it. */
export async function onKubernetes() {
  const { settings, system } = await placeableSystem((wanted, by) => [
    refusalOf(unplaceable(wanted, by)),
    connectionProblem(scaledDatabase({ system: wanted, settings: by }), by.tier, by.stack),
  ]);
  await assertServers(namespaceOf(settings), system, settings);
  const engine = engineClient(await dockerHost());
  const images = await resolveImages(engine, system, settings, say).catch(inWords);
  const place = { stack: settings.stack, system: system.name };
  const embeds = system.ollama !== undefined && system.ollama.mode !== "off";
  const modelSource = embeds ? await modelSourceOf(settings.ollama, settings.stack) : undefined;
  const { smokeTest, app } = new KubernetesPlatform({ place, settings, system, images, modelSource });
  const { name, digest, commit } = images.app;
  return {
    url: privateAddressOf(system, settings) ?? addressOf(system, settings),
    release: smokeTest.provedRelease,
    proved: smokeTest.proved,
    reports: smokeTest.reports,
    migrated: app.migrated,
    rehearsalSeconds: app.rehearsal.rehearsalSeconds,
    warnings: app.rehearsal.findings,
    image: { name, digest, commit: commit ?? settings.image.commit },
  };
}
