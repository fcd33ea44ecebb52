import type { Provider } from "@pulumi/aws/provider.js";
import type { Place } from "../../../components/container/spec.ts";
import type { Settings } from "../../config/settings.ts";
import type { Images } from "../../images/all.ts";
import type { Promotion } from "../../release/promotion.ts";
import type { System } from "../../systems/system.ts";
import type { TaskPart } from "./names.ts";

/** One system on its way into one region, whose parts AWS runs. */
export interface ManagedPlacement {
  readonly place: Place;
  readonly settings: Settings;
  readonly system: System;
  readonly images: Images;
  /** Of parts, those that the user's own repository has. @default none: they come from where they are official */
  readonly parts?: Readonly<Partial<Record<TaskPart, string>>>;
  readonly region: string;
  /** Number of the account. */
  readonly account: string;
  /** Of the region, those that the account has; two at least. */
  readonly zones: readonly string[];
  readonly provider: Provider;
  /** What another stack proved and this one takes. @default it is released directly */
  readonly promotion?: Promotion | undefined;
}
