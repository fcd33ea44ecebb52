import { StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import type { Kept, Upkeep } from "./upkeep.ts";

/**
 * Makes the container again what it was made as, without a restart. Safe to repeat.
 * @returns whether it was off a network: what it had connected to there is lost, though it may not know
 */
export async function putRight(runner: Runner, id: string, name: string, made: Upkeep): Promise<boolean> {
  const found = await runner.inspect(id);
  if (found === undefined) {
    throw new StepFailure(
      `the container ${name} is missing, which Pulumi's state does not know: \`npm start\` makes it again, and so does \`pulumi up --refresh\``,
    );
  }
  await runner.setLimits(id, made.limits);
  if (found.restart !== made.restart) await runner.setRestart(id, made.restart);
  const reconnected = made.network !== "host" && (await reconnect(runner, id, made.network, found));
  if (!found.running) await runner.start(id);
  return reconnected;
}

async function reconnect(
  runner: Runner,
  id: string,
  network: Exclude<Upkeep["network"], "host">,
  { networks }: Kept,
): Promise<boolean> {
  let reconnected = false;
  for (const place of network) {
    const has = networks[place.name];
    if (has !== undefined && place.aliases.every((alias) => has.includes(alias))) continue;
    // Aliases are given with the connection alone.
    if (has !== undefined) await runner.disconnect(id, place.name);
    await runner.connect(id, place);
    reconnected = true;
  }
  const wanted = new Set(network.map(({ name }) => name));
  for (const name of Object.keys(networks)) if (!wanted.has(name)) await runner.disconnect(id, name);
  return reconnected;
}
