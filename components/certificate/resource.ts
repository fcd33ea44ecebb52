import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import { certificateDays } from "./spec.ts";

/** What a step makes; undefined inputs are how a dynamic resource declares its outputs. */
const made = { certificate: undefined, key: undefined, fingerprint: undefined, ends: undefined };

/**
 * A stack's own CA, for ten years. Protected like generated secrets: clients trust it, so `down` keeps it for the next `up`, and only
 * `--with-data` removes it.
 */
export class Authority extends StepResource {
  /** PEM of the CA's certificate: what clients trust. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM; a secret. */
  declare readonly key: pulumi.Output<string>;
  declare readonly ends: pulumi.Output<string>;

  /** @param subject common name, e.g. `slipway-local` */
  constructor(name: string, args: { readonly subject: string }, opts: pulumi.CustomResourceOptions) {
    super({ module: "certificate/authority.step.ts", type: "Authority" }, name, { ...args, ...made }, [], {
      ...opts,
      protect: true,
      additionalSecretOutputs: ["key"],
    });
  }
}

export interface CertificateArgs {
  readonly authority: Authority;
  /** DNS names and IPv4 addresses under which clients come; the first is the subject. */
  readonly names: readonly string[];
  /** Life; it is renewed by the first `up` in its last third. @default 397 */
  readonly days?: number;
}

/** A server's certificate with its key, signed by the stack's CA. No data: a lost one is made anew, and clients see no difference. */
export class Certificate extends StepResource {
  /** PEM: the server's own certificate, then the CA's. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM, PKCS #8; a secret. */
  declare readonly key: pulumi.Output<string>;
  /** PEM of the CA's certificate. */
  declare readonly ca: pulumi.Output<string>;
  /** Of the server's own certificate, SHA-256: an input for what must read a renewed one again. */
  declare readonly fingerprint: pulumi.Output<string>;
  declare readonly ends: pulumi.Output<string>;

  constructor(name: string, { authority, names, days }: CertificateArgs, opts: pulumi.CustomResourceOptions) {
    super(
      { module: "certificate/certificate.step.ts", type: "Certificate" },
      name,
      { names: [...names], days: days ?? certificateDays, ca: authority.certificate, caKey: authority.key, ...made },
      ["caKey"],
      { ...opts, additionalSecretOutputs: ["key"] },
    );
  }
}
