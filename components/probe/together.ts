import { StepFailure } from "../steps/failure.ts";
import type { Session } from "../steps/session.ts";
import { curlConfig, curlConfigVariable, type HttpProbe, judgeOutput, type Target } from "./spec.ts";

/** Several probes by one command, for a place where each command costs a start of the product. */

const mark = "slipway-next-answer";
const variable = (index: number) => `${curlConfigVariable}_${index}`;

/** @param tokens by the names that probes use @throws StepFailure with the first that is not proved */
export async function askTogether(
  session: Session,
  probes: readonly HttpProbe[],
  target: Target,
  tokens: Readonly<Record<string, string>>,
): Promise<void> {
  const token = ({ bearer }: HttpProbe) => (bearer === undefined ? undefined : tokens[bearer]);
  const configs = probes.map((probe, index) => [variable(index), curlConfig(probe, target, token(probe))] as const);
  const lines = configs.map(([name]) => `printf '%s' "$${name}" | curl --config - || true; printf '\\n${mark}\\n'`);
  const argv = ["sh", "-c", lines.join("\n")];
  const { output } = await session.run({ argv, env: Object.fromEntries(configs) });
  const problem = firstProblem(probes, output);
  if (problem !== undefined) throw new StepFailure(problem);
}

/** Pure. @param output of one curl after the other, each ended by the mark */
export function firstProblem(probes: readonly HttpProbe[], output: string): string | undefined {
  const answers = output.split(`\n${mark}\n`);
  for (const [index, probe] of probes.entries()) {
    const problem = judgeOutput(probe, answers[index] ?? "", "curl said nothing");
    if (problem !== undefined) return `probe "${probe.name}" (${probe.method} ${probe.path}): ${problem}`;
  }
  return undefined;
}
