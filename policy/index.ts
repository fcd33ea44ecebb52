import {
  PolicyPack,
  type ReportViolation,
  type ResourceValidationArgs,
  type StackValidationArgs,
} from "@pulumi/policy";
import { policies } from "./all.ts";
import { type Planned, plainInputs } from "./planned.ts";
import { type Policy, render } from "./policy.ts";

// PolicyPack reads its version from the folder it runs in, and engines start a pack in different ones.
process.chdir(import.meta.dirname);

new PolicyPack("slipway", { policies: policies.map(served) });

function served(policy: Policy) {
  const { name, level } = policy;
  const about = {
    name,
    enforcementLevel: level,
    description: "From the deployment guides; docs/policies.md tells its lines.",
  };
  if (policy.kind === "stack")
    return {
      ...about,
      validateStack: ({ resources }: StackValidationArgs, report: ReportViolation) => {
        for (const found of policy.judge(resources.map((each) => planned(each, follows(each.propertyDependencies)))))
          report(render(policy, found), found.urn);
      },
    };
  return {
    ...about,
    validateResource: (resource: ResourceValidationArgs, report: ReportViolation) => {
      for (const found of policy.judge(planned(resource, {}))) report(render(policy, found));
    },
  };
}

type Given = Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props" | "opts">;

function planned({ type, name, urn, props, opts }: Given, from: Planned["follows"]): Planned {
  return { type, name, urn, inputs: plainInputs(props), protect: opts.protect, follows: from };
}

function follows(dependencies: Readonly<Record<string, readonly { readonly urn: string }[]>>): Planned["follows"] {
  return Object.fromEntries(Object.entries(dependencies).map(([input, from]) => [input, from.map(({ urn }) => urn)]));
}
