import { changedInputs, type Step } from "../steps/step.ts";
import type { Issued } from "./issue.ts";
import { authorityDays, authorityStatement, renewalDue } from "./spec.ts";

export interface AuthorityInputs {
  /** Common name. */
  readonly subject: string;
}

export type AuthorityOutputs = Issued;

/** Makes a CA with a key of its own. What it signed before follows in the same update, and so does what trusts it. */
const step: Step<AuthorityInputs, AuthorityOutputs> = {
  changed: (before, wanted) => [
    ...changedInputs(before, wanted, ["certificate", "key", "fingerprint", "ends"]),
    ...(renewalDue(before["ends"], authorityDays, new Date()) ? ["ends"] : []),
  ],
  async reconcile({ subject }) {
    const { issueAuthority, serialBytes } = await import("./issue.ts");
    return issueAuthority(authorityStatement(subject, new Date(), serialBytes()));
  },
};

export default step;
