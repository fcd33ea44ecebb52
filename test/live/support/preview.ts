import type { TestStack } from "./stack.ts";

interface PreviewJson {
  readonly steps: readonly { readonly op: string; readonly urn: string }[];
}

/** What a preview would do, as `op name`, without what stays the same. */
export async function previewSteps(stack: TestStack): Promise<readonly string[]> {
  const preview = await stack.slipway("preview", "--json");
  if (preview.code !== 0) throw new Error(preview.output);
  const { steps }: PreviewJson = JSON.parse(preview.stdout);
  return steps
    .filter((step) => step.op !== "same")
    .map((step) => `${step.op} ${step.urn.split("::").at(-1)}`)
    .sort();
}
