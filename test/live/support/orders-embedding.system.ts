import type { Workload } from "../../../components/app/spec.ts";
import { type OllamaDefaults, ollamaOf } from "../../../components/ollama/options.ts";
import { ollamaUrl } from "../../../components/ollama/spec.ts";
import orders from "../../workloads/orders/system.ts";

const ollama: OllamaDefaults = { mode: "container", model: { name: "tiny:1", dimensions: 1024 } };

/** Orders with an Ollama beside it: its web process is told where that is and by which model to embed. */
export default {
  options: { ...orders.options, defaults: { ...orders.options.defaults, ollama } },
  system: (settings: Parameters<typeof orders.system>[0]) => {
    const system = orders.system(settings);
    const wanted = ollamaOf(settings.ollama);
    if (wanted.mode === "off") return { ...system, ollama: wanted };
    const { mode, model } = wanted;
    const { port } = settings.ollama;
    const url = ollamaUrl({ mode, port });
    const embedding = (workload: Workload): Workload => ({
      ...workload,
      env: { ...workload.env, ORDERS_OLLAMA_URL: url, ORDERS_OLLAMA_MODEL: model.name },
      ...(mode === "native" && { hostGateway: true }),
    });
    return { ...system, ollama: wanted, workloads: system.workloads.map(embedding) };
  },
};
