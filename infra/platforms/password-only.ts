import type { System } from "../systems/system.ts";

/** A product that is told Redis' password by itself has no word for a user. */
export function knowsPasswordOnly({ workloads }: Pick<System, "workloads">): boolean {
  return workloads.some(({ env, secretFiles }) =>
    [...Object.values(env), ...Object.values(secretFiles ?? {})].some(
      (value) => typeof value !== "string" && "store" in value && value.store === "redis" && value.field === "password",
    ),
  );
}
