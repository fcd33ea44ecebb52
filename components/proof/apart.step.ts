import type { Place } from "../container/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { Proof } from "./spec.ts";

export interface ApartInputs {
  readonly place: Place;
  /** The stack that proved, and its secrets as the proof tells them. */
  readonly from: string;
  readonly proved: Proof["secrets"];
  /** Every secret of this stack by name, the generated ones too. A secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Names of those that both stacks may have. */
  readonly shared: readonly string[];
}

/** Before a promotion releases anything: no secret is the other stack's. Config's were compared before; a generated one is known here first. */
const step: Step<ApartInputs, object> = {
  changed: changedInputs,
  async reconcile({ place: { stack }, from, proved, secrets, shared }) {
    const { equalSecrets } = await import("./secrets.ts");
    const accepted = new Set(shared.map((name) => secrets[name]));
    const own = Object.fromEntries(Object.entries(secrets).filter(([, value]) => !accepted.has(value)));
    const equal = await equalSecrets(own, proved);
    if (equal.length === 0) return {};
    const words = equal.map(({ here, there }) => `the secret ${here} is the same as ${there} of stack ${from}`);
    throw new StepFailure(
      `${words.join("; ")}: who knows it there knows it here. Was the state of this stack made from that one's? Give it secrets of its own by config, ` +
        `or accept one by name: \`pulumi config set --path 'slipway:promotion.sharedSecrets[${shared.length}]' ${equal[0]?.here} --stack ${stack}\``,
    );
  },
};

export default step;
