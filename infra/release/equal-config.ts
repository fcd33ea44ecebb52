import type { Proof } from "../../components/proof/spec.ts";
import { differences, ownValue, variableOf } from "./fingerprint.ts";
import type { Receiver } from "./receiver.ts";
import { type Refusal, setting } from "./refusal.ts";

/** Options that have another value than the proved one. */
export function configRefusals(proof: Proof, { fingerprint: own, settings, system }: Receiver): readonly Refusal[] {
  const { fingerprint, stack: from } = proof;
  const { stack, promotion } = settings;
  // Told as what they are, the version and the schema.
  const told = [
    ...(proof.version === system.version ? [] : ["app.version"]),
    ...(proof.schema.revision === system.schema.target ? [] : ["app.schemaRevision"]),
  ];
  return differences(own.values, fingerprint.values, [...told, ...(promotion.mayDiffer ?? [])]).map(
    ({ option, here, proved }) => {
      const accept = `accept it: ${setting(`promotion.mayDiffer[${promotion.mayDiffer?.length ?? 0}]`, option, stack)}`;
      const variable = variableOf(option);
      if (variable !== undefined)
        return {
          what: `the secret variable ${variable} is ${here === undefined ? "missing" : "set"} here, and was ${proved === undefined ? "missing" : "set"} when stack ${from} was proved`,
          mend: `give both stacks the same variables, or ${accept}`,
        };
      const same =
        proved === undefined
          ? `pulumi config rm --path 'slipway:${option}' --stack ${stack}`
          : setting(option, ownValue(proved, settings), stack);
      return {
        what: `${option} is ${worded(here)} here, and was ${worded(proved)} when stack ${from} was proved`,
        mend: `${same}; or prove this value on ${from}; or ${accept}`,
      };
    },
  );
}

function worded(value: string | undefined): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}

/** Secrets that the stack that proved has too: who may see that one must not know this one's. */
export function secretRefusals({ stack: from }: Proof, { equal, settings }: Receiver): readonly Refusal[] {
  const { stack, promotion } = settings;
  const shared = promotion.sharedSecrets ?? [];
  return equal
    .filter(({ here }) => !shared.includes(here))
    .map(({ here, there }) => ({
      what: `the secret ${here} is the same as ${there} of stack ${from}: who knows it there knows it here`,
      mend: `a new one: pulumi config set --path 'slipway:${here}' --secret --stack ${stack}; or, where a vendor gives but one: ${setting(`promotion.sharedSecrets[${shared.length}]`, here, stack)}`,
    }));
}
