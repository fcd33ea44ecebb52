import type { Step } from "../steps/step.ts";
import type { KeyPair } from "./sign.ts";

/** Makes the pair that signs a stack's proofs, once: production trusts its public half by name. */
const step: Step<object, KeyPair> = {
  changed: () => [],
  async reconcile() {
    const { newKeyPair } = await import("./sign.ts");
    return newKeyPair();
  },
};

export default step;
