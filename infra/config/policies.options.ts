import { choice, reason, text } from "../../components/options/kinds.ts";
import { mapOf, optional, required, section } from "../../components/options/option.ts";
import { inProduction, type Rule, refuse } from "../../components/options/rule.ts";
import { policyNames } from "../../policy/all.ts";

const why = reason("public read-only API, reviewed in 2026-11");

const policyName = text((value) => policyNames.includes(value), {
  allowed: "the name of a policy of docs/policies.md",
  example: "origins-restricted",
});

/** How `npm start` and `npm run preview` have the plan judged by the policy pack; they read it, the program only checks it. */
export const policiesOptions = section({
  mode: optional(
    "Whether the policy pack judges a plan: on fails it, advisory only tells.",
    choice(["on", "advisory", "off"]),
    "on; local off",
  ),
  except: mapOf("Policies that are told and do not fail.", policyName, required("Why.", why)),
});

export const policyRules: readonly Rule<{ readonly mode?: string | undefined }>[] = [
  refuse(
    inProduction,
    "mode",
    (mode) => mode !== undefined && mode !== "on",
    "on in production; one policy is excepted by its name in policies.except, with a reason",
    "on",
  ),
];
