import { setTimeout as pause } from "node:timers/promises";
import { StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import type { Session } from "../steps/session.ts";
import {
  type Answer,
  curlCommand,
  curlConfig,
  curlConfigVariable,
  type HttpProbe,
  judge,
  parseAnswer,
  type Target,
} from "./spec.ts";

const retryMs = 250;

/** Undefined when the probe is proved, else the last reason in words. Asks once, or as long as the probe says. */
export async function ask(
  session: Session,
  probe: HttpProbe,
  target: Target,
  token?: string,
): Promise<string | undefined> {
  const { withinSeconds = 0 } = probe;
  const deadline = Date.now() + withinSeconds * 1000;
  for (;;) {
    const problem = await askOnce(session, probe, target, token);
    if (problem === undefined || withinSeconds === 0) return problem;
    if (Date.now() > deadline) return `not within ${withinSeconds} s: ${problem}`;
    await pause(retryMs);
  }
}

async function askOnce(
  session: Session,
  probe: HttpProbe,
  target: Target,
  token: string | undefined,
): Promise<string | undefined> {
  const finished = await session.run({
    argv: curlCommand,
    env: { [curlConfigVariable]: curlConfig(probe, target, token) },
  });
  const answer: Answer | undefined = parseAnswer(finished.output);
  return answer === undefined
    ? `no answer: ${finished.output.trim() || `curl exited with ${finished.exitCode}`}`
    : judge(probe, answer);
}

/** Asks until the probe is proved. Gives up at the deadline, or at once when `gone` says that nothing will ever answer. */
export async function askUntil(
  session: Session,
  probe: HttpProbe,
  target: Target,
  options: { readonly seconds: number; readonly gone?: () => Promise<string | undefined> },
): Promise<void> {
  const deadline = Date.now() + options.seconds * 1000;
  for (;;) {
    const problem = await ask(session, probe, target);
    if (problem === undefined) return;
    const gone = await options.gone?.();
    if (gone !== undefined) throw new StepFailure(gone);
    if (Date.now() > deadline)
      throw new StepFailure(`not ready after ${options.seconds} s; the last ${probe.method} ${probe.path}: ${problem}`);
    await pause(retryMs);
  }
}

/** Undefined while a container runs, else how it ended. */
export function hasEnded(runner: Runner, labels: Readonly<Record<string, string>>): () => Promise<string | undefined> {
  return async () => {
    const [container] = await runner.list(labels);
    if (container?.state === "running") return undefined;
    return container === undefined ? "its container is gone" : "its process ended by itself";
  };
}
