import type { System } from "../systems/system.ts";
import { problemOf } from "./finding.ts";
import { ConfigError } from "./load.ts";
import type { Settings } from "./settings.ts";

/** Secrets of this system that `slipway:secrets.rotate` may name: those that Slipway generates, and the password of PostgreSQL's app. */
export function rotatable({
  secrets,
  redis,
  database,
}: Pick<System, "secrets" | "redis" | "database">): readonly string[] {
  const own = Object.entries(secrets).filter(
    ([, { source, given }]) => given === undefined && (source.kind === "hex" || source.kind === "password"),
  );
  return [
    ...(redis.enabled && redis.password === undefined ? ["redis"] : []),
    // Of a given one too: the number says that the other of two logins gets it, so that the release that serves keeps its own.
    ...(database.kind === "postgres" ? ["postgres"] : []),
    ...(database.kind === "postgres" && database.ownerPassword === undefined ? ["postgresOwner"] : []),
    ...own.map(([name]) => name),
  ];
}

/**
 * Only here the system's secrets are known.
 * @throws ConfigError with every name that is none of them, before any resource is made
 */
export function assertRotations(
  system: Pick<System, "secrets" | "redis" | "database">,
  { stack, secrets: { rotate } }: Pick<Settings, "stack" | "secrets">,
): void {
  const known = rotatable(system);
  const problems = Object.entries(rotate)
    .filter(([name]) => !known.includes(name))
    .map(([name, generation]) => {
      const path = ["secrets", "rotate", name];
      const allowed = `one of ${known.join(", ")}: what config gives is changed by giving another value`;
      return problemOf({ path, value: String(generation), allowed, mends: [{ do: "remove", path }] }, stack);
    });
  if (problems.length > 0) throw new ConfigError(problems);
}
