import * as pulumi from "@pulumi/pulumi";
import type { Place } from "../../../components/container/spec.ts";
import { Proof, ProofKey } from "../../../components/proof/docker.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import type { SmokeTest } from "../../../components/smoke-test/docker.ts";
import { StepResource } from "../../../components/steps/resource.ts";
import type { Settings } from "../../config/settings.ts";
import { partsOf } from "../../images/all.ts";
import { fingerprintOf } from "../../release/fingerprint.ts";
import { givenSecrets } from "../../release/secrets.ts";
import type { Placement } from "./placement.ts";

/** What a stack that proves answers beside the rest. */
export interface Proven {
  readonly proof: Proof["proof"];
  /** The public key that a production trusts. */
  readonly key: ProofKey["publicKey"];
}

/** Of a stack what a proof is made of, on any platform. */
export interface ToProve extends Pick<Placement, "settings" | "system" | "images"> {
  readonly host: { readonly host: pulumi.Input<string>; readonly place: Place };
}

/** What passed. */
export type Passed = Pick<SmokeTest, "provedRelease" | "proved" | "reports"> & pulumi.Resource;

/** The last step of staging: a signed proof of what passed. A laptop proves nothing to anybody, and production is where proofs end. */
export function proofOf(
  placement: ToProve,
  secrets: Secrets,
  smokeTest: Passed,
  parent: pulumi.Resource,
  module?: "proof/cluster.step.ts",
): Proven | undefined {
  const { host, settings, system, images } = placement;
  if (settings.environment !== "staging") return undefined;
  const key = new ProofKey("proof-key", { parent });
  const { app, parts } = images;
  const { signOffs, renew } = settings.proof;
  const { proof } = new Proof(
    "proof",
    {
      ...host,
      release: smokeTest.provedRelease,
      version: system.version,
      image: {
        name: app.name,
        id: app.id,
        digest: app.digest ?? "",
        commit: app.commit ?? settings.image.commit ?? "",
      },
      user: system.workloads[0]?.user ?? "0:0",
      parts: Object.fromEntries(partsOf(system, settings).map((part) => [part, parts[part]?.name ?? ""])),
      fingerprint: fingerprintOf(settings, system),
      schema: system.schema,
      probes: smokeTest.proved,
      reports: smokeTest.reports.apply((reports) => reports ?? {}),
      signOffs: Object.fromEntries(Object.entries(signOffs).filter(([, text]) => text !== undefined)),
      secrets: secretsOf(settings, secrets),
      publicKey: key.publicKey,
      privateKey: key.privateKey,
      file: fileOf(settings),
      renew: renew ?? "",
    },
    { parent },
    module,
  );
  return { proof, key: key.publicKey };
}

/** Before a promotion releases anything: the stack's secrets are its own. Undefined for one that is released directly. */
export function apart(
  { host: { place }, settings, promotion }: Pick<ToProve, "host" | "settings"> & Pick<Placement, "promotion">,
  secrets: Secrets,
  parent: pulumi.Resource,
): StepResource | undefined {
  if (promotion === undefined) return undefined;
  const { record, secrets: proved } = promotion;
  const inputs = {
    place,
    from: record.stack,
    proved,
    secrets: secretsOf(settings, secrets),
    shared: record.sharedSecrets,
  };
  return new StepResource(
    { module: "proof/apart.step.ts", type: "SecretsApart" },
    "secrets-apart",
    inputs,
    ["secrets"],
    { parent },
  );
}

/** Beside the checkout's stack files, and as they are not of git's business. */
function fileOf({ proof, stack }: Settings): string {
  return proof.file ?? `proof.${stack}.json`;
}

/** Every secret that the stack knows, the generated ones too, by the name that its owner knows it by. */
function secretsOf(
  settings: Settings,
  { values, redisPassword, database }: Secrets,
): pulumi.Output<Record<string, string>> {
  const stores = {
    "redis.password": redisPassword,
    ...(database && { "postgres.ownerPassword": database.owner, "postgres.appPassword": database.app }),
  };
  return pulumi
    .all([values, pulumi.all(stores)])
    .apply(([own, passwords]) => ({ ...own, ...passwords, ...givenSecrets(settings) }));
}
