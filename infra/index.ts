import * as pulumi from "@pulumi/pulumi";
import { observeDeviation } from "../components/rollout/deviation.ts";
import { dockerRunner, engineClient } from "../components/steps/docker-runner.ts";
import { loadSettings } from "./config/load.ts";
import { resolveImages } from "./images/all.ts";
import { DockerPlatform } from "./platforms/docker.ts";
import { dockerHost } from "./preflight/docker-host.ts";
import { assertHost } from "./preflight/preflight.ts";
import { systemOf } from "./systems/index.ts";

// The SDK's source maps make every Error's stack dear, and each resource makes one; type stripping keeps line numbers anyway.
Reflect.deleteProperty(Error, "prepareStackTrace");

// Everything up to the platform only reads: a refused config or host changes nothing, in preview and in up alike.
const settings = loadSettings();
const system = systemOf(settings);
const host = { host: dockerHost(), place: { stack: pulumi.getStack(), system: system.name } };
const engine = engineClient(host.host);
const recorded = await assertHost(engine, host.place, system, settings);
const images = await resolveImages(engine, system, settings, (line) => console.error(line.slice(0, 120)));
const deviation = await observeDeviation(dockerRunner(host.host), host.place);

const platform = new DockerPlatform({ host, settings, system, images, deviation });

export const url = `https://${settings.edge.domain}${settings.edge.httpsPort === 443 ? "" : `:${settings.edge.httpsPort}`}`;
export const release = platform.smokeTest.provedRelease;
export const proved = platform.smokeTest.proved;
export const migrated = platform.app.rollout.migrated;
export const image = { name: images.app.name, digest: images.app.digest, commit: images.app.commit };
export const preflight = recorded;
