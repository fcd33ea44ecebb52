import * as pulumi from "@pulumi/pulumi";
import { engineClient } from "../components/steps/docker-runner.ts";
import { messageOf } from "../components/steps/failure.ts";
import { publicProblem } from "../components/switch/public.ts";
import { loadSettings } from "./config/load.ts";
import { assertRotations } from "./config/rotations.ts";
import { resolveImages } from "./images/all.ts";
import { privateAddressOf, scaledDatabase } from "./platforms/kubernetes/names.ts";
import { unplaceable } from "./platforms/kubernetes/placeable.ts";
import { KubernetesPlatform } from "./platforms/kubernetes/platform.ts";
import { refusalOf } from "./platforms/refusal.ts";
import { addressOf } from "./platforms/routes.ts";
import { connectionProblem } from "./preflight/connections.ts";
import { dockerHost } from "./preflight/docker-host.ts";
import { modelSourceOf } from "./preflight/ollama.ts";
import { systemOf } from "./systems/index.ts";
import { loadOwnSystem } from "./systems/own.ts";

/** A stack in a cluster. The engine here builds and looks up images, and runs nothing of it. */
export async function onKubernetes() {
  const own = await loadOwnSystem();
  const settings = loadSettings(own?.options);
  const system = own === undefined ? systemOf(settings) : own.system(settings);
  assertRotations(system, settings);
  const refused = unplaceable(system, settings);
  const tooMany = connectionProblem(scaledDatabase({ system, settings }), settings.tier, settings.stack);
  const unpublished = publicProblem(settings.tcp, system, settings.stack);
  const found = [refused.length > 0 ? refusalOf(refused) : undefined, tooMany, unpublished];
  const problems = found.filter((each) => each !== undefined);
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));
  const say = (line: string) => void pulumi.log.info(line.slice(0, 120), undefined, undefined, true);
  const engine = engineClient(await dockerHost());
  const images = await resolveImages(engine, system, settings, say).catch((error: unknown) => {
    throw new pulumi.RunError(messageOf(error));
  });
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
