import type { z } from "zod";
import { type Environment, environments } from "../options/environment.ts";
import { choice, flag, integer, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";
import type { Path } from "../options/path.ts";
import { everywhere, type Rule } from "../options/rule.ts";
import { type Model, type OllamaMode, ollamaPort, type SystemOllama } from "./spec.ts";

/** What a system that embeds by Ollama says of it, in its options' `defaults`. */
export interface OllamaDefaults {
  readonly mode: OllamaMode;
  readonly model: Model;
}

const part = "[A-Za-z0-9][\\w.-]*";
const modelPattern = new RegExp(`^(?:(?:${part}(?::\\d{1,5})?/)?${part}/)?${part}(?::${part})?$`);

const modelName = text((value) => value.length <= 200 && modelPattern.test(value), {
  allowed: "a model as `ollama pull` takes it: [registry/][namespace/]name[:tag]",
  example: "zylonai/multilingual-e5-large",
});

const modelFile = text((value) => /^[^\0]+\.gguf$/i.test(value), {
  allowed: "the path of a .gguf file on the machine that runs Pulumi, absolute or seen from the folder of Pulumi.yaml",
  example: "../models/multilingual-e5-large.gguf",
});

/** The server that makes embeddings, and its model (guide 001, "Ollama Setup"). */
export const ollamaOptions = section({
  mode: optional(
    "Where Ollama runs: on the host by itself, or in a container beside the app.",
    choice(["off", "native", "container"], "container"),
    "the system's",
  ),
  model: optional("Model that the app embeds with; pulled when Ollama lacks it.", modelName, "the system's"),
  dimensions: optional(
    "Numbers of one embedding; a release proves them.",
    integer(1, 65_536, "numbers", 1024),
    "the system's",
  ),
  from: optional("File that the model is made from instead of being pulled.", modelFile, "the model is pulled"),
  insecureRegistry: withDefault(
    "Whether the registry that the model's name begins with is asked by plain http; local stacks only.",
    flag,
    false,
  ),
  port: optional("Port of the host where a native Ollama listens.", integer(1, 65_535, "", ollamaPort), "11434"),
  gpu: withDefault(
    "Whether a container may use the host's GPUs; in a cluster it asks its node for one (`nvidia.com/gpu`).",
    flag,
    false,
  ),
});

/** The options with the system's defaults in the place of what config does not say. */
export function completeOllama(own: z.output<typeof ollamaOptions>, system?: OllamaDefaults) {
  return {
    ...own,
    mode: own.mode ?? system?.mode ?? "off",
    model: own.model ?? system?.model.name,
    dimensions: own.dimensions ?? system?.model.dimensions,
  };
}

export type OllamaSettings = Readonly<ReturnType<typeof completeOllama>>;

/** What a system says of its Ollama, from its settings. */
export function ollamaOf({ mode, model, dimensions }: OllamaSettings): SystemOllama {
  if (mode === "off") return { mode, offered: true };
  if (model === undefined || dimensions === undefined) throw new Error("a config without a model is refused");
  return { mode, model: { name: model, dimensions }, offered: true };
}

/** The registry that a name begins with; undefined for Ollama's own. */
function registryOf(name: string | undefined): string | undefined {
  const parts = name?.split("/") ?? [];
  return parts.length === 3 ? parts[0] : undefined;
}

function remove(
  where: readonly Environment[],
  key: keyof OllamaSettings,
  isWrong: (ollama: OllamaSettings) => boolean,
  allowed: string,
): Rule<OllamaSettings> {
  return {
    in: where,
    allowed,
    breaks: (ollama) => (isWrong(ollama) ? [[key]] : []),
    remedy: (_, path: Path) => [{ remove: path }],
  };
}

const beyondLocal = environments.filter((one) => one !== "local");

/** @param system undefined for one that has no use for Ollama */
export function ollamaRules(system: OllamaDefaults | undefined): readonly Rule<OllamaSettings>[] {
  if (system === undefined) {
    const allowed = "off: this system asks no Ollama for anything";
    return [remove(everywhere, "mode", ({ mode }) => mode !== "off", allowed)];
  }
  const needsRegistry = "false, or a model whose name begins with its registry: registry/namespace/name[:tag]";
  return [
    remove(
      everywhere,
      "port",
      ({ port, mode }) => port !== undefined && mode !== "native",
      "set for mode native alone",
    ),
    remove(
      everywhere,
      "gpu",
      ({ gpu, mode }) => gpu && mode !== "container",
      "false unless Ollama runs in a container: a native one has the host's GPUs anyway",
    ),
    remove(
      everywhere,
      "from",
      ({ from, mode }) => from !== undefined && mode === "off",
      "set only where Ollama is on: mode native or container",
    ),
    remove(
      beyondLocal,
      "insecureRegistry",
      ({ insecureRegistry }) => insecureRegistry,
      "false outside a local stack: what comes by plain http can be changed on its way",
    ),
    remove(
      everywhere,
      "insecureRegistry",
      ({ insecureRegistry, from }) => insecureRegistry && from !== undefined,
      "false beside ollama.from: what is made from a file is not pulled",
    ),
    remove(
      everywhere,
      "insecureRegistry",
      ({ insecureRegistry, from, model }) => insecureRegistry && from === undefined && registryOf(model) === undefined,
      needsRegistry,
    ),
  ];
}

/** The image that is built here has no library for GPUs. */
export const gpuRule: Rule<{ readonly images: string; readonly ollama: OllamaSettings }> = {
  in: everywhere,
  allowed: "false with images debian: the Ollama that is built here has no library for GPUs; the official image has",
  breaks: ({ images, ollama }) =>
    images === "debian" && ollama.gpu && ollama.mode === "container" ? [["ollama", "gpu"]] : [],
  remedy: (_, path) => [{ remove: path }],
};
