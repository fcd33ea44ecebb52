import { egressNetwork } from "../../../components/app/spec.ts";
import { resourceName } from "../../../components/container/spec.ts";
import type { ModelSource } from "../../../components/ollama/inputs.ts";
import { ClusterOllama } from "../../../components/ollama/kubernetes.ts";
import { ollamaUrl } from "../../../components/ollama/spec.ts";
import { partLimits } from "../tiers.ts";
import { imageOf } from "./names.ts";
import type { InCluster } from "./placement.ts";

/** What embeds, in a namespace. */

/** Ollama in the namespace, or the component alone where a model is off; undefined for a system that asks none. */
export function clusterOllama(
  { placement, at, parent }: InCluster,
  source: ModelSource | undefined,
): ClusterOllama | undefined {
  const { system, settings, images } = placement;
  const wanted = system.ollama;
  if (wanted === undefined || (wanted.mode === "off" && wanted.offered !== true)) return undefined;
  if (wanted.mode === "off" || source === undefined || images.parts.ollama === undefined)
    return new ClusterOllama("ollama", { at, server: undefined }, { parent });
  const network = resourceName(at.place, "private");
  const spec = {
    image: imageOf(images.parts.ollama, settings),
    network,
    egress: egressNetwork(at.place),
    limits: partLimits("ollama", settings.tier),
    gpu: settings.ollama.gpu,
  };
  const model = {
    url: ollamaUrl({ mode: "container" }),
    network,
    probeImage: imageOf(images.parts.curl, settings),
    model: wanted.model,
    source,
  };
  return new ClusterOllama("ollama", { at, server: { spec, model } }, { parent });
}
