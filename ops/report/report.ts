import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { messageOf, redact } from "../../components/steps/failure.ts";
import type { Arguments } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { readRecorded } from "../recorded/recorded.ts";
import { assertStack, contextOf } from "../stack.ts";
import type { Found } from "./found.ts";
import { lookBack } from "./look.ts";
import { reportWish } from "./options.ts";
import { renderReport } from "./text.ts";

/** What the command's exit code says; documented in the README. */
const exit = { notWorse: 0, worse: 1, couldNotLook: 2 } as const;

/** The serving release since its switch against the same length before it; changes nothing. */
export async function report(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { stack } = wishes;
  try {
    const wish = reportWish(wishes.rest);
    const prepared = await prepareFor(wishes);
    const context = contextOf(prepared, stack);
    await assertStack(context);
    const recorded = await readRecorded(context);
    const { rollout } = recorded;
    if (rollout === undefined) throw new Error(`stack ${stack} has no release yet; \`npm start -- --stack ${stack}\``);
    const means = {
      engine: engineClient(prepared.dockerHost),
      runner: dockerRunner(prepared.dockerHost),
      place: rollout.place,
      recorded,
      diagnostics: {},
      redacted: (text: string) => redact(text, recorded.secrets),
    };
    const now = new Date();
    const found = await lookBack(means, rollout, now, wish.hours);
    console.log(
      wish.json ? JSON.stringify(printed(stack, found), undefined, 2) : renderReport(stack, found, wish.hours),
    );
    if (found.lines.some(({ verdict }) => verdict === "worse")) return exit.worse;
    return found.unanswered.length === 0 ? exit.notWorse : exit.couldNotLook;
  } catch (error) {
    say(`slipway report: could not look at stack ${stack}: ${messageOf(error)}`);
    return exit.couldNotLook;
  }
}

/** What `--json` prints. A field may come, none goes or changes its meaning before `version` does. */
export function printed(stack: string, { release, previous, spans, lines, notes, unanswered }: Found) {
  return {
    version: 1,
    stack,
    release: release.id,
    previous: previous?.id ?? null,
    since: release.since,
    seconds: spans.seconds,
    worse: lines.filter(({ verdict }) => verdict === "worse").map(({ what }) => what),
    lines,
    notes,
    unanswered,
  };
}
