import type { Runner } from "./runner.ts";

/** The runner of a Docker host. Loaded when a step really runs: a preview only asks what changed, and the client is half of a step's weight. */
export async function runnerOf(host: string): Promise<Runner> {
  const { dockerRunner } = await import("./docker-runner.ts");
  return dockerRunner(host);
}
