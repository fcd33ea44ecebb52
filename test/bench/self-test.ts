import { say } from "../../toolchain/phases.ts";
import { type Compose, composeUp, neverAnswering } from "./compose.ts";
import { composeRun } from "./measure.ts";
import type { BenchStack } from "./stack.ts";

/** Three launches that go wrong on purpose: the bench must tell each, not give it a number. Answers how many it did not tell. */
export async function selfTest(stack: BenchStack, compose: Compose, stop: AbortSignal): Promise<number> {
  await stack.coldUp();
  const run = await composeRun(stack, compose, stop);
  const missed: string[] = [];
  const mustFail = async (what: string, words: RegExp, work: () => Promise<number>) => {
    const told = await work().then(
      (seconds) => `${seconds.toFixed(2)} s`,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const asWanted = words.test(told);
    say(
      `${asWanted ? "told" : "NOT told"}: ${what}: ${
        told
          .split("\n")
          .find((line) => words.test(line))
          ?.trim() ?? told
      }`,
    );
    if (!asWanted) missed.push(what);
  };
  await stack.configure(["app", "logLevel"], "WARNING");
  await mustFail("a preview that has changes", /no changes were expected/i, () =>
    stack.pulumi("preview", "--expect-no-changes"),
  );
  await stack.configure(["rollout", "readyTimeoutSeconds"], 3);
  await stack.configure(["image", "build", "args", "FAULT"], "unhealthy");
  await mustFail("a release that never gets ready", /not ready after 3 s/, () => stack.coldUp());
  await stack.destroy();
  await mustFail("a compose project whose app only sleeps", /does not answer 200 within 5 s/, () =>
    composeUp({ ...run, wishes: neverAnswering(run.wishes), patienceSeconds: 5 }),
  );
  return missed.length;
}
