import { changedInputs, type Step } from "../steps/step.ts";
import type { Issued } from "./issue.ts";
import { certificateStatement, renewalDue } from "./spec.ts";

export interface CertificateInputs {
  /** DNS names and IPv4 addresses under which clients come; the first is the subject. */
  readonly names: readonly string[];
  readonly days: number;
  /** PEM of the CA. */
  readonly ca: string;
  readonly caKey: string;
}

/** `certificate` is the chain: the server's own, then the CA's. */
export type CertificateOutputs = Issued;

/** Makes a server's certificate with a new key, signed by the stack's CA. */
const step: Step<CertificateInputs, CertificateOutputs> = {
  changed: (before, wanted) => [
    ...changedInputs(before, wanted, ["certificate", "key", "fingerprint", "ends"]),
    ...(renewalDue(before["ends"], Number(wanted["days"]), new Date()) ? ["ends"] : []),
  ],
  async reconcile({ names, days, ca, caKey }) {
    const { issueCertificate, serialBytes } = await import("./issue.ts");
    const statement = certificateStatement(names, days, new Date(), serialBytes());
    const issued = await issueCertificate(statement, { certificate: ca, key: caKey });
    return { ...issued, certificate: issued.certificate + ca };
  },
};

export default step;
