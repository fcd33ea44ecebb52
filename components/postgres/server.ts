import { clusterRunnerOf, serverRunnerOf } from "../steps/engine.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Observed, ServerRunner, SessionRunner } from "../steps/runner.ts";

/** Which server the superuser's commands go to. */
export interface ServerInputs {
  readonly host: string;
  /** The server's container, or pod. */
  readonly container: string;
  /** Labels of the pod that is meant, where which one it is changes. @default `container` is its name */
  readonly chosen?: Readonly<Record<string, string>>;
}

/** Where the commands of a step are run: in the one server there is, or in the pod that is chosen when each of them begins. */
export async function serverOf({ host, chosen }: ServerInputs): Promise<ServerRunner> {
  return chosen === undefined ? serverRunnerOf(host) : chosenServer(await clusterRunnerOf(host), chosen);
}

/** Commands in the pod that has the labels at the time. */
export function chosenServer(
  runner: Pick<SessionRunner, "list" | "exec" | "logs">,
  labels: Readonly<Record<string, string>>,
): ServerRunner {
  const chosen = async () => theOne(await runner.list(labels), labels);
  return {
    exec: async (_, command) => runner.exec(await chosen(), command),
    logs: async (_, lines) => runner.logs(await chosen(), lines),
  };
}

function theOne(pods: readonly Observed[], labels: Readonly<Record<string, string>>): string {
  const running = pods.filter(({ state }) => state === "running");
  const [one] = running;
  // In a switchover there is none for a moment; two would be a mistake to write to either.
  if (one === undefined || running.length > 1)
    throw new StepFailure(`${running.length} pods run with ${JSON.stringify(labels)}: wanted is one`);
  return one.id;
}
