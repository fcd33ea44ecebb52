import type { DockerHost } from "../../components/container/docker.ts";
import type { ModelSource } from "../../components/ollama/inputs.ts";
import type { Settings } from "../config/settings.ts";
import type { Images } from "../images/all.ts";
import type { Promotion } from "../release/promotion.ts";
import type { System } from "../systems/system.ts";

/** One system, all that is known of it, and where it goes. */
export interface Placement {
  readonly host: DockerHost;
  /** Which Pulumi state this is. */
  readonly owner: string;
  readonly settings: Settings;
  readonly system: System;
  readonly images: Images;
  /** What another stack proved and this one takes; undefined for one that is released directly. */
  readonly promotion?: Promotion | undefined;
  /** Where Ollama's model comes from; undefined while Ollama is off. */
  readonly modelSource: ModelSource | undefined;
  /** The stack's volumes that preflight found on the host, by part. */
  readonly volumes: readonly string[];
  /** What preflight found other than the last release left it; empty when nothing. */
  readonly deviation: string;
}
