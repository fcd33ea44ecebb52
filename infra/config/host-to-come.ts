import { sshUrl } from "../../components/machine/way.ts";

/**
 * Config of a stack whose host is still to be made: its own address, the flavour of images that its engine can pull, and the product's image, which its
 * registry is to hold, cannot be known yet. What is set stays.
 */
export function withHostToCome(
  values: Readonly<Record<string, string>>,
  stack: string,
): Readonly<Record<string, string>> {
  const promoted = values["slipway:release"] === "promoted";
  return {
    "slipway:host": sshUrl(stack),
    "slipway:images": "official",
    ...(!promoted && { "slipway:image": JSON.stringify({ ref: `image.to.come/app:1@sha256:${"0".repeat(64)}` }) }),
    ...values,
    "slipway:platform": "aws",
  };
}
