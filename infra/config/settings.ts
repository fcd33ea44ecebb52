import type { HealthTimings } from "../../components/app/options.ts";
import { type EdgeSettings, edgeOf } from "../../components/edge/options.ts";
import { type Image, imageOf } from "../../components/image/options.ts";
import type { Environment } from "../../components/options/environment.ts";
import type { Secret } from "../../components/options/secret.ts";
import type { Tier } from "../../components/options/tier.ts";
import type { Complete } from "./complete.ts";

export type DeepReadonly<T> = T extends Secret
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T;

/** The config of one stack: checked, every default applied. */
export type Settings = DeepReadonly<
  Omit<Complete, "chosenEnvironment" | "image" | "edge" | "health" | "tier" | "environment"> & {
    project: string;
    environment: Environment;
    tier: Tier;
    image: Image;
    edge: EdgeSettings;
    health: HealthTimings;
  }
>;

/** The last step of reading: choices become discriminated unions. Only for a config that broke no rule. */
export function settingsOf(complete: Complete, project: string): Settings {
  const { chosenEnvironment: _, ...rest } = complete;
  return { ...rest, project, image: imageOf(complete.image), edge: edgeOf(complete.edge) };
}
