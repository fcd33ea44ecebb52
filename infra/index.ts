import * as pulumi from "@pulumi/pulumi";
import { firewallDeviation } from "../components/firewall/ask.ts";
import { observeDeviation } from "../components/rollout/deviation.ts";
import { observeSchema } from "../components/rollout/schema-drift.ts";
import { dockerRunner, engineClient } from "../components/steps/docker-runner.ts";
import { loadSettings } from "./config/load.ts";
import { assertRotations } from "./config/rotations.ts";
import { resolveImages, resolveOne } from "./images/all.ts";
import { DockerPlatform } from "./platforms/docker/platform.ts";
import { addressOf } from "./platforms/routes.ts";
import { dockerHost } from "./preflight/docker-host.ts";
import { assertHostNames, sharedEdge } from "./preflight/edge.ts";
import { withAbleFirewall } from "./preflight/firewall.ts";
import { findStack } from "./preflight/found.ts";
import { machineOf } from "./preflight/machine.ts";
import { assertOllama } from "./preflight/ollama.ts";
import { assertHost } from "./preflight/preflight.ts";
import { assertOwnStack, stateAddress } from "./preflight/state.ts";
import { assertGeneration, observeVolumes } from "./preflight/volumes.ts";
import { inWords, say } from "./program.ts";
import { promotionOf } from "./release/promotion.ts";
import { systemOf } from "./systems/index.ts";
import { loadOwnSystem } from "./systems/own.ts";

// Everything up to the platform only reads: a refused config or host changes nothing, in preview and in up alike.
const own = await loadOwnSystem();
const address = await dockerHost();
const engine = engineClient(address);
const runner = dockerRunner(address);
const settings = await withAbleFirewall(engine, address, loadSettings(own?.options, await sharedEdge(runner)));
const system = own === undefined ? systemOf(settings) : own.system(settings);
assertRotations(system, settings);
const host = { host: address, place: { stack: pulumi.getStack(), system: system.name } };
const { generation } = settings.data;
const dataHost = generation === 0 ? host : { ...host, place: { ...host.place, generation } };
await assertHostNames(runner, host.place, system, settings);
const machine = await machineOf(host, runner, () => resolveOne(engine, "curl", settings, say));
const recorded = await assertHost(engine, machine, host.place, system, settings);
const owner = stateAddress();
const seen = await observeDeviation(runner, host.place);
assertOwnStack(seen.owner, owner, settings.preflight.takeOver);
const promoted = await promotionOf(engine, system, settings, seen);
const database = { database: system.database, revisionSql: system.schema.revisionSql };
const [images, volumes, found, schema, walls] = await Promise.all([
  resolveImages(engine, system, settings, say, promoted?.images).catch(inWords),
  observeVolumes(engine, host.place),
  findStack(engine, host.place.stack),
  observeSchema(runner, host.place, database, { ...seen, accepted: settings.rollout.acceptSchema ?? "" }),
  settings.firewall.enabled ? firewallDeviation(runner, host.place.stack) : [],
]);
assertGeneration(volumes, generation, host.place);
const asked = { runner, place: host.place, curl: images.parts.curl.id, ollama: images.parts.ollama?.id };
const modelSource = await assertOllama(asked, system, settings);
const deviation = [seen.deviation, schema].filter((each) => each !== "").join("; ");

const now = {
  modelSource,
  volumes,
  deviation,
  found,
  serving: seen.serving,
  promotion: promoted,
  firewallDeviation: walls.join("; "),
};
const placement = { host, dataHost, owner, settings, system, images, ...now };
const platform = new DockerPlatform(placement);

export const url = addressOf(system, settings);
// Empty where a system has none: Pulumi warns of an output that is undefined, at each run.
export const ca = platform.ca ?? "";
export const release = platform.smokeTest.provedRelease;
export const proved = platform.smokeTest.proved;
export const reports = platform.smokeTest.reports;
export const migrated = platform.app.rollout.migrated;
export const rehearsalSeconds = platform.app.migration.rehearsalSeconds;
export const heldSeconds = platform.app.rollout.heldSeconds;
export const warnings = pulumi
  .all([platform.app.migration.findings, platform.app.rollout.warnings])
  .apply((all) => all.flat());
export const image = {
  name: images.app.name,
  digest: images.app.digest,
  commit: images.app.commit ?? settings.image.commit ?? promoted?.record.commit,
};
export const proof = platform.proven?.proof ?? "";
export const proofKey = platform.proven?.key ?? "";
export const promotion = promoted?.record ?? "";
export const ollama = platform.embedding ?? "";
export const preflight = recorded;
