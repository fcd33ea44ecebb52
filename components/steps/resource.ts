import * as pulumi from "@pulumi/pulumi";
import type { Step } from "./step.ts";

type Bag = Record<string, unknown>;
type AnyStep = { default: Step<Bag, Bag> };

/**
 * The one loader. Only this text is serialized into the state, and it never changes: it loads the step's module, by its path below
 * components/, from the checkout (a provider's process runs in the folder of `main`, which is infra/).
 */
function loader(module: string): pulumi.dynamic.ResourceProvider<Bag, Bag> {
  const load = (): Step<Bag, Bag> => {
    const { createRequire } = process.getBuiltinModule("node:module");
    const loaded: AnyStep = createRequire(`${process.cwd()}/package.json`)(`../components/${module}`);
    return loaded.default;
  };
  return {
    async create(inputs) {
      return { id: module, outs: { ...inputs, ...(await load().reconcile(inputs)) } };
    },
    async diff(_id, before, wanted) {
      return { changes: load().changed(before, wanted).length > 0 };
    },
    async update(_id, _before, wanted) {
      return { outs: { ...wanted, ...(await load().reconcile(wanted)) } };
    },
    async delete(_id, state) {
      await load().remove?.(state);
    },
  };
}

/** A step as a resource: `type` is what the plan shows (`slipway:steps:Migration`), `secrets` the properties that are encrypted, as inputs and as outputs. */
export class StepResource extends pulumi.dynamic.Resource {
  constructor(
    step: { readonly module: string; readonly type: string },
    name: string,
    inputs: pulumi.Inputs,
    secrets: readonly string[],
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      loader(step.module),
      name,
      { ...inputs, ...Object.fromEntries(secrets.map((key) => [key, pulumi.secret(inputs[key])])) },
      { ...opts, additionalSecretOutputs: [...secrets, ...(opts.additionalSecretOutputs ?? [])] },
      "slipway:steps",
      step.type,
    );
  }
}
