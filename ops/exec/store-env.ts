import { ownerEnvInside } from "../../components/postgres/dump.ts";
import { redisOperatorCli, redisPasswordFile } from "../../components/redis/spec.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { PulumiContext } from "../pulumi.ts";
import { readRecorded } from "../recorded/recorded.ts";

/**
 * What a store's own client needs to be let in: by variables, because an argument is seen in the host's process list. PostgreSQL takes the role
 * that owns the database: it may change tables, and nothing of the server's. A workload has its variables already.
 */
export async function storeEnv(
  runner: Runner,
  context: PulumiContext,
  part: string,
  container: string,
): Promise<Readonly<Record<string, string>>> {
  switch (part) {
    case "redis": {
      const password = await runner.get(container, redisPasswordFile);
      return password === undefined ? {} : { REDISCLI_AUTH: password };
    }
    case "postgres": {
      const { rollout } = await readRecorded(context);
      const database = rollout?.data.database;
      return database?.kind === "postgres"
        ? ownerEnvInside(database.name, rollout?.dataSecrets["PGPASSWORD"] ?? "")
        : {};
    }
    default:
      return {};
  }
}

/** redis-cli takes its user by an argument alone; one that names another user keeps it. */
export function storeArgv(part: string, argv: readonly string[]): readonly string[] {
  const [program, ...rest] = argv;
  if (part !== "redis" || program !== "redis-cli" || rest.includes("--user")) return argv;
  return [...redisOperatorCli, ...rest];
}
