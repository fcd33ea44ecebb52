import { NotYet, until } from "../../toolchain/poll.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Session } from "../steps/session.ts";
import { curlCommand, curlConfig, curlConfigVariable, type HttpProbe, judgeOutput, type Target } from "./spec.ts";

const retryMs = 250;

/** Undefined when the probe is proved, else the last reason in words. Asks once, or as long as the probe says. */
export async function ask(
  session: Session,
  probe: HttpProbe,
  target: Target,
  token?: string,
): Promise<string | undefined> {
  const { withinSeconds = 0 } = probe;
  const problem = await again(withinSeconds, () => askOnce(session, probe, target, token));
  return problem === undefined || withinSeconds === 0 ? problem : `not within ${withinSeconds} s: ${problem}`;
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
  return judgeOutput(probe, finished.output, `curl exited with ${finished.exitCode}`);
}

/** Asks until the probe is proved. Gives up at the deadline, or at once when `gone` says that nothing will ever answer. */
export async function askUntil(
  session: Session,
  probe: HttpProbe,
  target: Target,
  { seconds, gone }: { readonly seconds: number; readonly gone?: () => Promise<string | undefined> },
): Promise<void> {
  const problem = await again(seconds, () => ask(session, probe, target), gone);
  if (problem !== undefined)
    throw new StepFailure(`not ready after ${seconds} s; the last ${probe.method} ${probe.path}: ${problem}`);
}

/** Undefined once `check` finds no problem, else the last one; it is asked at least once. @throws StepFailure with what `gone` says */
function again(
  seconds: number,
  check: () => Promise<string | undefined>,
  gone?: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const look = async () => {
    const problem = await check();
    if (problem === undefined) return undefined;
    const ended = await gone?.();
    if (ended !== undefined) throw new StepFailure(ended);
    return new NotYet(problem);
  };
  return until<string | undefined, string>(look, { seconds, everyMs: retryMs, late: (problem) => problem });
}
