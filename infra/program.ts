import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../components/steps/failure.ts";
import { publicProblem } from "../components/switch/public.ts";
import { loadSettings } from "./config/load.ts";
import { assertRotations } from "./config/rotations.ts";
import type { Settings } from "./config/settings.ts";
import { systemOf } from "./systems/index.ts";
import { loadOwnSystem } from "./systems/own.ts";
import type { System } from "./systems/system.ts";

/** What the programs of the platforms have in common. */

/** Ephemeral: Pulumi shows it while it happens, and does not say it all again at the end. */
export function say(line: string): void {
  pulumi.log.info(line.slice(0, 120), undefined, undefined, true);
}

/** What the registry or a build says is for the user, who has no use for our stack trace. */
export function inWords(error: unknown): never {
  throw new pulumi.RunError(messageOf(error));
}

/** The system of a stack that no Docker host runs. @param refused what keeps it from its platform, in words @throws RunError with every reason at once */
export async function placeableSystem(
  refused: (system: System, settings: Settings) => readonly (string | undefined)[],
): Promise<{ readonly settings: Settings; readonly system: System }> {
  const own = await loadOwnSystem();
  const settings = loadSettings(own?.options);
  const system = own === undefined ? systemOf(settings) : own.system(settings);
  assertRotations(system, settings);
  const found = [...refused(system, settings), publicProblem(settings.tcp, system, settings.stack)];
  const problems = found.filter((each) => each !== undefined && each !== "");
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));
  return { settings, system };
}
