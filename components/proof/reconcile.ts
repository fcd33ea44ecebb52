import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { revisionsOldestFirst } from "../migration/spec.ts";
import { redacted, StepFailure } from "../steps/failure.ts";
import { type Lease, withLease } from "../steps/lease.ts";
import type { Runner, SessionRunner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { hashSecrets } from "./secrets.ts";
import { signProof } from "./sign.ts";
import { type Proof, type ProofInputs, type ProofOutputs, unregistered } from "./spec.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** The step with its runner given, so that tests can bring their own. */
export function prove(runner: Runner, inputs: ProofInputs, folder = checkout): Promise<ProofOutputs> {
  const { place, image, secrets, privateKey } = inputs;
  if (image.digest === "") return Promise.resolve({ proof: { none: unregistered(image.name, place.stack) } });
  return redacted([...Object.values(secrets), privateKey], () =>
    withLease(runner, place, { purpose: "proof", image: image.id }, (lease) => proveThere(lease, inputs, folder)),
  );
}

/** Where releases are, and what is known of them. */
export interface Proving extends Pick<Lease, "place"> {
  readonly runner: SessionRunner;
  readonly journal: Pick<Lease["journal"], "serving" | "proved">;
}

/** The same where the platform releases and nobody else could meanwhile. */
export async function proveThere(at: Proving, inputs: ProofInputs, folder = checkout): Promise<ProofOutputs> {
  const { image, place, file } = inputs;
  if (image.digest === "") return { proof: { none: unregistered(image.name, place.stack) } };
  const proof = signProof(await proofOf(at, inputs), inputs);
  if (file !== "") await writeFile(resolve(folder, file), `${JSON.stringify(proof, undefined, 2)}\n`);
  return { proof };
}

async function proofOf(at: Proving, inputs: ProofInputs): Promise<Proof> {
  const { place, version, image, parts, fingerprint, probes, reports, signOffs } = inputs;
  const { serving, proved } = at.journal;
  if (serving === undefined || serving.id !== inputs.release || proved !== inputs.release)
    throw new StepFailure(
      `release ${serving?.id ?? "none"} serves and ${proved ?? "none"} was proved last, not ${inputs.release}; run the same command again to release it`,
    );
  return {
    format: 1,
    system: place.system,
    version,
    stack: place.stack,
    release: inputs.release,
    provedAt: new Date().toISOString(),
    ...(image.commit !== "" && { commit: image.commit }),
    image: { name: image.name, digest: image.digest },
    parts,
    fingerprint,
    schema: { revision: serving.revision, history: await historyOf(at, inputs) },
    // Had one failed, SmokeTest would have undone the release.
    probes: probes.map((name) => ({ name, passed: true })),
    reports,
    signOffs,
    secrets: await hashSecrets(inputs.secrets),
  };
}

/** Asked of the image: it alone knows which revisions it can start from. They are in files, so it needs neither network nor database. */
async function historyOf({ runner, place }: Proving, { image, user, schema }: ProofInputs): Promise<string[]> {
  const { history, target, workingDir, env } = schema;
  if (history === undefined) return [target];
  const request = { image: image.id, user, env: {}, mounts: [], network: [], memoryMb: 512 };
  const output = await withSession(runner, place, "proof", request, (session) =>
    session.must("asking the image for its schema revisions", { argv: history, workingDir, env }),
  );
  const found = revisionsOldestFirst(output);
  if (found.includes(target)) return [...found];
  throw new StepFailure(
    `\`${history.join(" ")}\` does not name ${target}, the revision that was released; it printed:\n${output.trim()}`,
  );
}
