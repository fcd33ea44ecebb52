import { isSignedBy } from "../../components/proof/sign.ts";
import type { NoProof, SignedProof } from "../../components/proof/spec.ts";
import { observeDeviation } from "../../components/rollout/deviation.ts";
import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { type Problem, renderProblems } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { namesOfParts } from "../../infra/images/all.ts";
import { differences, ownValue } from "../../infra/release/fingerprint.ts";
import { receiverOf } from "../../infra/release/promotion.ts";
import type { Receiver } from "../../infra/release/receiver.ts";
import type { Prepared } from "../../toolchain/prepare.ts";
import { type Value, withEntries } from "../env/config.ts";
import type { StackConfig } from "../env/stack.ts";
import { takenEdits } from "./edits.ts";
import { proofFor } from "./read.ts";

/** A stack whose config would be these edits, and the proof that it would take. */
export interface Look {
  readonly found: SignedProof | NoProof;
  readonly receiver: Receiver;
  readonly settings: Settings;
}

/** A config that is refused, with every problem in words. */
export class RefusedConfig extends Error {
  constructor(problems: readonly Problem[]) {
    super(renderProblems(problems));
  }
}

/** Reads the proof, the host and the config with the edits in it; changes nothing. @throws RefusedConfig */
export async function look(prepared: Prepared, config: StackConfig, edits: readonly Value[]): Promise<Look> {
  const reading = readSettings(withEntries(config.raw, edits));
  if ("problems" in reading) throw new RefusedConfig(reading.problems);
  const { settings } = reading;
  const { stack } = settings;
  if (settings.release === "direct")
    throw new Error(
      `stack ${stack} takes no proof: pulumi config set slipway:release promoted --stack ${stack}, or name it: --from staging`,
    );
  const system = config.systemOf(settings);
  const found = await proofFor(prepared, settings);
  const seen = await observeDeviation(dockerRunner(prepared.dockerHost), { stack, system: system.name });
  const parts = await namesOfParts(engineClient(prepared.dockerHost), system, settings);
  return { found, settings, receiver: await receiverOf(found, system, settings, { ...seen, parts }) };
}

/** What the stack's config would have to say to be the proved one; nothing of a proof that the trusted key did not sign. */
export function takenFrom({ found, receiver, settings }: Look): readonly Value[] {
  const { key, mayDiffer } = settings.promotion;
  if ("none" in found || key === undefined || !isSignedBy(found, key)) return [];
  const different = differences(receiver.fingerprint.values, found.proof.fingerprint.values, mayDiffer);
  return takenEdits(different, (value) => ownValue(value, settings));
}
