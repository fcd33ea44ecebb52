import { readFile, writeFile } from "node:fs/promises";
import { resourceName } from "../../components/container/spec.ts";
import { stopKept } from "../../components/rollout/recover.ts";
import { Control } from "../../components/switch/control.ts";
import { dataPart } from "../../components/volumes/spec.ts";
import { askPulumi, runPulumi } from "../pulumi.ts";
import { stackFile, withValue } from "../stack-file.ts";
import { factsOf } from "./facts.ts";
import { type DataStack, withDataLease } from "./session.ts";

const up = ["up", "--yes", "--skip-preview"];
/** How long requests that were begun may take to end. */
const drainSeconds = 10;

/**
 * The stack's containers onto the volumes of a generation that is complete. From the first line on it goes forward: whoever comes after a kill
 * finds the generation in the config and runs `up`. When `up` fails the config goes back, and another `up` with it.
 */
export async function switchTo(
  stack: DataStack,
  generation: number,
  parts: readonly string[],
  say: (line: string) => void,
): Promise<number> {
  const { context } = stack;
  const file = stackFile(context.stack);
  const before = await readFile(file, "utf8");
  say("switching: requests wait while the workloads stop, and `up` starts them on the restored data");
  await writeFile(file, withValue(before, ["data", "generation"], generation));
  const code = await quiet(stack).then(
    () => runPulumi(context, up),
    (error: unknown) => {
      say(String(error));
      return 1;
    },
  );
  if (code === 0) return 0;
  say("the switch failed; going back to the data as they were");
  await writeFile(file, before);
  await unprotect(stack, generation, parts);
  const back = await runPulumi(context, up);
  say(
    back === 0
      ? `the restore failed at the switch, for the reason above; ${context.stack} serves the data that it had, nothing is lost`
      : `going back failed too: run \`npm start -- --stack ${context.stack}\` when its reason above is mended; the data that it had are on their volumes`,
  );
  return code;
}

/** A restore that was killed in its switch: its volumes are complete and proved. */
export async function finishSwitch(
  { context }: DataStack,
  generation: number,
  say: (line: string) => void,
): Promise<number> {
  say(
    `a restore was cut off while it switched to generation ${generation} of the data, which are complete: finishing it. Run the command again to restore another set.`,
  );
  return runPulumi(context, up);
}

/** Nobody writes to the old data any more, and nobody who remembers them to the new ones. */
export async function quiet(stack: Pick<DataStack, "runner" | "facts" | "say">): Promise<void> {
  await withDataLease(stack, "restore", async (lease) => {
    const { serving } = lease.journal;
    if (serving === undefined) return;
    const control = new Control(lease.runner, lease.place);
    const backends = Object.keys(serving.traffic);
    await control.hold(backends);
    await control.drained(backends, drainSeconds);
    await stopKept(lease, serving.replicas);
  });
}

/** What the failed `up` declared of the new generation goes with the next one; a protected volume would stop it. */
async function unprotect({ context, facts }: DataStack, generation: number, parts: readonly string[]): Promise<void> {
  const place = { ...facts.place, generation };
  const text = await askPulumi(context, ["stack", "export", "--show-secrets"]);
  const { volumes } = factsOf(context.stack, text);
  for (const part of parts) {
    const urn = volumes.get(resourceName(place, dataPart(place, part)));
    if (urn !== undefined) await askPulumi(context, ["state", "unprotect", urn, "--yes"]);
  }
}
