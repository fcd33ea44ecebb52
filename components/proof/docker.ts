import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { KeyPair } from "./sign.ts";
import type { ProofInputs, ProofOutputs } from "./spec.ts";

/** The pair that signs a stack's proofs. Protected like generated secrets: a production that trusts it would refuse the proofs of another one. */
export class ProofKey extends StepResource {
  /** SPKI in base64. */
  declare readonly publicKey: pulumi.Output<KeyPair["publicKey"]>;
  /** PKCS #8 in base64; a secret. */
  declare readonly privateKey: pulumi.Output<KeyPair["privateKey"]>;

  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    const made = { publicKey: undefined, privateKey: undefined };
    super({ module: "proof/key.step.ts", type: "ProofKey" }, name, made, [], {
      ...opts,
      protect: true,
      additionalSecretOutputs: ["privateKey"],
    });
  }
}

/** The signed proof of what serves, or the words why there is none. */
export class Proof extends StepResource {
  declare readonly proof: pulumi.Output<ProofOutputs["proof"]>;

  constructor(
    name: string,
    args: { [K in keyof ProofInputs]: pulumi.Input<ProofInputs[K]> },
    opts: pulumi.CustomResourceOptions,
    module: "proof/step.ts" | "proof/cluster.step.ts" = "proof/step.ts",
  ) {
    const made = { proof: undefined };
    super({ module, type: "Proof" }, name, { ...args, ...made }, ["secrets", "privateKey"], opts);
  }
}
