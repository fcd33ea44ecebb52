import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { limitsOf } from "../../components/app/options.ts";
import { type Place, stackNamePattern } from "../../components/container/spec.ts";
import { publicProblem } from "../../components/switch/public.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";
import { connectionProblem } from "./connections.ts";
import { judgeHost, wantedPorts } from "./judge.ts";
import type { Machine } from "./machine.ts";
import { observeHost } from "./observe.ts";

/** Refuses a host that cannot carry the system, and a database that cannot carry its pools, with every reason at once; answers what was accepted in spite of a minimum. */
export async function assertHost(
  engine: Docker,
  machine: Machine,
  place: Place,
  system: System,
  settings: Settings,
): Promise<{ readonly overridden: string | undefined }> {
  if (!stackNamePattern.test(place.stack)) {
    throw new pulumi.RunError(
      `stack ${place.stack}: its name becomes part of container names; allowed are small letters, digits and hyphens, a letter first, at most 31. Mend: pulumi stack rename <name>`,
    );
  }
  const facts = await observeHost(engine, machine, place, wantedPorts(system, settings));
  const { environment, preflight } = settings;
  const { cpus } = limitsOf(settings.tier, settings.resources);
  const judgement = judgeHost(facts, system.minimum, {
    environment,
    stack: place.stack,
    override: preflight.override,
    cpus,
  });
  const unpublished = publicProblem(settings.tcp, system, place.stack);
  for (const warning of judgement.warnings) pulumi.log.warn(warning);
  const tooMany = connectionProblem(system.database, settings.tier, place.stack);
  const refusals = [...judgement.refusals, ...[unpublished, tooMany].filter((each) => each !== undefined)];
  if (refusals.length > 0) throw new pulumi.RunError(refusals.join("\n"));
  return { overridden: judgement.overridden };
}
