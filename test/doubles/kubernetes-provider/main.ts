/**
 * Stands for Pulumi's Kubernetes provider where that one cannot be downloaded: it serves the real SDK to the real engine, applies by server-side
 * apply and awaits readiness, and says in its log that it is none; the engine warns of it by its path at each command. By the kubeconfig's current context alone. Not covered: previews by dry
 * run, quantities that the API server writes in another way (`1000m`) in a refresh, every kind that it has no rule to await. What it does is
 * held against the real API server by test/live/kubernetes-double.test.ts. Tests put its folder on PATH; nothing in infra/ knows it.
 */
import * as pulumi from "@pulumi/pulumi/provider/index.js";
import { Objects } from "./objects.ts";
import { changesOf, documentOf, type Properties, replaces, seenIn } from "./properties.ts";

console.error("slipway's test double of the kubernetes provider is at work, not Pulumi's own");

const objects = new Objects();

const provider: pulumi.Provider = {
  version: "4.34.2",
  async diff(_id, urn, olds: Properties, news: Properties) {
    const changed = changesOf(olds, news);
    return { changes: changed.length > 0, replaces: replaces(urn, olds, news, changed), deleteBeforeReplace: false };
  },
  async create(urn, inputs: Properties) {
    const document = documentOf(urn, inputs);
    const live = await objects.apply(document);
    return { id: idOf(live), outs: await settled(inputs, live) };
  },
  async read(id, urn, outs: Properties) {
    const inputs = outs.__inputs ?? outs;
    const live = await objects.find(documentOf(urn, inputs, outs));
    if (live === undefined) return { id: "", props: {} };
    const now = seenIn(inputs, live);
    return { id, inputs: now, props: outsOf(now, live) };
  },
  async update(_id, urn, olds: Properties, news: Properties) {
    const live = await objects.apply(documentOf(urn, news, olds));
    return { outs: await settled(news, live) };
  },
  async delete(_id, urn, outs: Properties) {
    await objects.remove(documentOf(urn, outs.__inputs ?? outs, outs));
  },
};

/** What went wrong after an object was there is told with it, so that the state knows it. */
async function settled(inputs: Properties, live: Properties): Promise<Properties> {
  const outs = outsOf(inputs, live);
  try {
    await objects.ready(live);
    return outs;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(new Error(reason), { id: idOf(live), properties: outs, reasons: [reason] });
  }
}

function outsOf(inputs: Properties, live: Properties): Properties {
  return { ...inputs, metadata: { ...inputs.metadata, ...told(live) }, __inputs: inputs };
}

function told({ metadata }: Properties) {
  // The wire has no word for undefined, and not every kind has each of these.
  const known = Object.entries(metadata ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.filter(([name]) => ["name", "namespace", "uid", "generation"].includes(name)));
}

function idOf({ metadata }: Properties): string {
  return metadata?.namespace === undefined ? `${metadata?.name}` : `${metadata.namespace}/${metadata.name}`;
}

await pulumi.main(provider, process.argv.slice(2));
