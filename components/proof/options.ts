import { text } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";

const signOff = text((value) => value.trim().length >= 5 && !value.includes("\0"), {
  allowed: "a text that names the version, or the commit or digest that it speaks of",
  example: "2.4.0: https://ci.example.com/runs/17",
  ask: "<version: who says so, and where>",
});

const anyText = text((value) => /^[^\0\n]{1,200}$/.test(value), { allowed: "any text", example: "2026-12-01" });

/** Where a proof is written to, or taken from. */
export const proofFile = text((value) => /^[^\0\s][^\0\n]*$/.test(value), {
  allowed: "a path, absolute or seen from the folder of Pulumi.yaml",
  example: "proof.staging.json",
});

/** What a staging stack says of the release that it proves. */
export const proofOptions = section({
  file: optional(
    "File that the signed proof is written to, for a production whose state is elsewhere.",
    proofFile,
    "proof.<stack>.json on staging",
  ),
  signOffs: section({
    suites: optional("The guide's test suites passed: who says so, and where.", signOff, "not signed off"),
    review: optional("The change was reviewed.", signOff, "not signed off"),
    rollbackPlan: optional("The way back is known and was tried.", signOff, "not signed off"),
  }),
  renew: optional("Another text asks the probes again and makes a new proof of what serves.", anyText, "none"),
});
