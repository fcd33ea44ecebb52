import type { DockerHost } from "../../../components/container/docker.ts";
import type { ModelSource } from "../../../components/ollama/inputs.ts";
import type { Release } from "../../../components/steps/journal.ts";
import type { Settings } from "../../config/settings.ts";
import type { Images } from "../../images/all.ts";
import type { Found } from "../../preflight/found.ts";
import type { Promotion } from "../../release/promotion.ts";
import type { System } from "../../systems/system.ts";

/** One system, all that is known of it, and where it goes. */
export interface Placement {
  readonly host: DockerHost;
  /** The same for what works on the data: with their generation. */
  readonly dataHost: DockerHost;
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
  /** What preflight found other than the firewall's rules; empty when nothing. */
  readonly firewallDeviation?: string;
  /** What is on the host of this stack; nothing before its launch. */
  readonly found: Found;
  /** The release that serves there. */
  readonly serving: Release | undefined;
}
