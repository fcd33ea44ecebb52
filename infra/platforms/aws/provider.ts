import { Provider } from "@pulumi/aws/provider.js";
import { notePrefix } from "../../../components/fargate/note.ts";
import type { Settings } from "../../config/settings.ts";

/** The one provider of a stack's host: the region is the config's, whatever the shell says; everything carries the stack's name. */
export function providerOf(stack: string, system: string, settings: Settings): Provider {
  const tags = { "slipway:stack": stack, "slipway:system": system };
  return new Provider("aws", { region: regionOf(settings), defaultTags: { tags } });
}

/** The same where AWS runs the parts: what a rollout notes on a service is no difference. */
export function managedProvider(stack: string, system: string, settings: Settings): Provider {
  const tags = { "slipway:stack": stack, "slipway:system": system };
  const ignoreTags = { keyPrefixes: [notePrefix] };
  return new Provider("aws", { region: regionOf(settings), defaultTags: { tags }, ignoreTags });
}

/** A rule of the config has asked for it. */
export function regionOf({ aws }: Settings): string {
  if (aws.region === undefined) throw new Error("a stack on AWS has a region");
  return aws.region;
}
