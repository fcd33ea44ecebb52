import type { MigrationKind } from "../migration/contract.ts";
import type { BackBy } from "../migration/way.ts";
import type { Mode } from "../rollout/plan.ts";
import type { Times } from "../rollout/spec.ts";

/** How a stack releases: from its system and its config. */
export interface ReleasePolicy {
  readonly mode: Mode;
  readonly environment: string;
  readonly version: string;
  readonly times: Times;
  /** How to go back where the data are newer than the image; empty when nothing was said. */
  readonly back: BackBy | "";
  /** Schema revisions that the released code can work with, beside its own. */
  readonly reads: readonly string[];
  readonly kind: MigrationKind;
  readonly soakHours: number;
  /** The bad release that may be tried again; empty for none. */
  readonly retry: string;
  /** What the release is promoted by, and what announcements say of it; absent for one that is not. */
  readonly promoted?: { readonly proof: string; readonly note: string };
  /** The schema made by hand that is accepted; empty for none. */
  readonly acceptSchema: string;
  /** Empty when nobody is told of releases; a secret. */
  readonly webhook: string;
}
