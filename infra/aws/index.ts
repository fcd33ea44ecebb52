/**
 * What a stack on AWS stands on, in a Pulumi project and a state of its own. Shape host: the machine; the other program looks at its Docker host before
 * it makes anything, so the host must be there by then, and an update of a product must never be able to replace the machine below it. Shape managed:
 * the repositories, which must have the images before a release can name them. Both programs read the same stack file.
 */
import * as pulumi from "@pulumi/pulumi";
import { loadHostSettings } from "../config/load.ts";
import { AwsGround } from "../platforms/aws/ground.ts";
import { providerOf } from "../platforms/aws/provider.ts";
import { systemOf } from "../systems/index.ts";
import { loadOwnSystem } from "../systems/own.ts";
import { hostOutputs } from "./host.ts";

const own = await loadOwnSystem();
const settings = loadHostSettings(own?.options);
const system = own === undefined ? systemOf(settings) : own.system(settings);
const stack = pulumi.getStack();
const provider = providerOf(stack, system.name, settings);

function groundOutputs() {
  const { registry, parts } = new AwsGround(stack, provider);
  return { repository: registry.url, parts: parts.url };
}

export default settings.aws.shape === "managed"
  ? groundOutputs()
  : await hostOutputs(stack, settings, system, provider);
