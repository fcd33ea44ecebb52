import {
  type ContainerSpec,
  type Health,
  hostGatewayName,
  type Limits,
  labelsFor,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { directory } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";

/** `native`: on the host, not ours (guide 001, "Option A"); `container`: beside the app (guide 001, "Option B"). */
export type OllamaMode = "off" | "native" | "container";

/** What the product embeds with. */
export interface Model {
  /** As Ollama has it: `name`, `namespace/name` or `registry/namespace/name`, with or without a tag. */
  readonly name: string;
  /** Numbers of one embedding: a store of vectors takes no other. */
  readonly dimensions: number;
}

/** A system's Ollama, as `ollamaOf` of its settings answers. */
export type SystemOllama =
  | {
      readonly mode: "off";
      /** The system can have it, so config may switch it off again: the models stay. @default false */
      readonly offered?: boolean;
    }
  | { readonly mode: "native" | "container"; readonly model: Model; readonly offered?: boolean };

/** Ollama in a container, reachable on the private network only; the second one leads to the models' registry. */
export interface OllamaSpec {
  readonly image: string;
  /** The private one first. */
  readonly network: string;
  readonly egress: string;
  readonly limits: Limits;
  readonly gpu: boolean;
}

export const ollamaAlias = "ollama";
/** Guide 001, "Ollama Setup": "Default port: 11434". */
export const ollamaPort = 11434;
export const ollamaData = "ollama-data";

/** Where a workload finds it (guide 001, "Option A" and "Option B"). @param port of the native one */
export function ollamaUrl({
  mode,
  port = ollamaPort,
}: {
  readonly mode: OllamaMode;
  readonly port?: number | undefined;
}): string {
  switch (mode) {
    case "container":
      return `http://${ollamaAlias}:${ollamaPort}`;
    case "native":
      return `http://${hostGatewayName}:${port}`;
    case "off":
      throw new Error("Ollama is off: nothing has its address");
  }
}

/** No user of either image: both would run as root. */
const owner = { uid: 1000, gid: 1000 };
const dataPath = "/data";
/** Its home: the models lie below it, and the key that it makes for itself. */
const folder = "ollama";
export const ollamaHome = `${dataPath}/${folder}`;

const health: Health = {
  // Neither image has curl; the command asks the server that runs here.
  test: ["CMD", "ollama", "list"],
  intervalSeconds: 10,
  timeoutSeconds: 5,
  startPeriodSeconds: 10,
  retries: 3,
};

/** Ollama on a Docker host: on the private network, and on one that leads to the registry of models. Its port is not published. */
export function ollamaContainer(place: Place, spec: OllamaSpec): ContainerSpec {
  return {
    name: resourceName(place, "ollama"),
    image: spec.image,
    command: ["serve"],
    env: { HOME: ollamaHome, OLLAMA_HOST: `0.0.0.0:${ollamaPort}` },
    user: `${owner.uid}:${owner.gid}`,
    mounts: [{ volume: resourceName(place, ollamaData), path: dataPath }],
    tmpfs: ["/tmp"],
    network: [
      { name: spec.network, aliases: [ollamaAlias] },
      // Nobody looks for it there: it only leads to the registry.
      { name: spec.egress, aliases: [] },
    ],
    labels: labelsFor(place, "ollama", "part"),
    limits: spec.limits,
    capabilities: [],
    ...(spec.gpu && { gpu: true }),
    health,
    restart: "unless-stopped",
    stopGraceSeconds: 30,
  };
}

/** A fresh volume belongs to root; the server does not. */
export function ollamaFiles(): readonly FileEntry[] {
  return [directory(folder, owner, 0o700)];
}
