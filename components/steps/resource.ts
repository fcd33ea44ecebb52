import * as pulumi from "@pulumi/pulumi";

/**
 * The one loader, as the state keeps it: CommonJS that Pulumi's dynamic provider runs. It never changes and depends on nothing: it loads the
 * step's module, by its path below components/, from the checkout (a provider's process runs in the folder of `main`, which is infra/), so that
 * destroy and refresh run today's code. Written, not serialized from a function: the serializer's text follows the SDK and Node, takes half a
 * second of a preview, and each new text would have to be proved beside those that states hold already.
 */
export function loaderText(module: string): string {
  return `const load = () =>
  process.getBuiltinModule("node:module").createRequire(process.cwd() + "/package.json")(${JSON.stringify(`../components/${module}`)}).default;
exports.handler = () => ({
  create: async (inputs) => ({ id: ${JSON.stringify(module)}, outs: { ...inputs, ...(await load().reconcile(inputs)) } }),
  diff: async (id, before, wanted) => ({ changes: load().changed(before, wanted).length > 0 }),
  update: async (id, before, wanted) => ({ outs: { ...wanted, ...(await load().reconcile(wanted)) } }),
  delete: async (id, state) => { await load().remove?.(state); },
});
`;
}

/** A step as a resource: `type` is what the plan shows (`slipway:steps:Migration`), `secrets` the properties that are encrypted, as inputs and as outputs. */
export class StepResource extends pulumi.CustomResource {
  constructor(
    step: { readonly module: string; readonly type: string },
    name: string,
    inputs: pulumi.Inputs,
    secrets: readonly string[],
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      // What the SDK's own dynamic.Resource registers.
      `pulumi-nodejs:dynamic/slipway:steps:${step.type}`,
      name,
      {
        ...inputs,
        ...Object.fromEntries(secrets.map((key) => [key, pulumi.secret(inputs[key])])),
        __provider: loaderText(step.module),
      },
      { ...opts, additionalSecretOutputs: [...secrets, ...(opts.additionalSecretOutputs ?? [])] },
    );
  }
}
