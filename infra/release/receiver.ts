import type { EqualSecret } from "../../components/proof/secrets.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** What a stack is and has, against which a proof is held. */
export interface Receiver {
  readonly settings: Pick<Settings, "stack" | "promotion" | "image" | "edge">;
  readonly system: Pick<System, "name" | "version" | "schema" | "probes">;
  readonly fingerprint: Fingerprint;
  /** Names of the parts' images in this checkout. */
  readonly parts: Readonly<Record<string, string>>;
  /** Schema revision of what serves here; undefined before the first release. */
  readonly revision: string | undefined;
  /** Content of the proof that this stack was promoted by, see `contentOf`; undefined when it was by none. */
  readonly promoted: string | undefined;
  /** Secrets that this stack has in common with the one that proved. */
  readonly equal: readonly EqualSecret[];
}
