import { NotYet, until } from "../../toolchain/poll.ts";
import { operatedOf } from "../steps/engine.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Operated, OperatedState } from "../steps/operated.ts";
import { changedBut, type Step } from "../steps/step.ts";

export interface OperatedInputs {
  readonly host: string;
  /** Of the Cluster. */
  readonly name: string;
  /** Of the Cluster: what it says now is waited for again. */
  readonly revision: string;
}

/** The operator begins a server after the other, and moves what writes. */
const patienceSeconds = 600;
/** The operator has no word for which wish its phase speaks of: it sees a change at once, and says so before this is over. */
const settledSeconds = 5;
const healthy = "Cluster in healthy state";

/** The servers that the operator runs: all of them ready while the stack is there, none when it goes, the volumes kept. */
const step: Step<OperatedInputs, { readonly awake: true }> = {
  changed: changedBut("awake"),
  reconcile: async ({ host, name }) => awake(await operatedOf(host, name), name),
  remove: async ({ host, name }) => asleep(await operatedOf(host, name), name),
};

export interface Wait {
  readonly patienceSeconds: number;
  readonly settledSeconds: number;
  readonly pauseMs: number;
}
const usual: Wait = { patienceSeconds, settledSeconds, pauseMs: 1000 };

/** @throws StepFailure in the operator's words when they do not come */
export async function awake(operated: Operated, name: string, wait: Wait = usual): Promise<{ readonly awake: true }> {
  await operated.setAsleep(false);
  await settled(operated, wait, {
    is: (state) => state !== undefined && state.phase === healthy && state.ready === state.wanted && !state.asleep,
    failed: (state) => `the servers of ${name} did not all get ready: ${told(state)}`,
  });
  return { awake: true };
}

/** A Cluster that is gone has no servers. @throws StepFailure in the operator's words when they do not end */
export async function asleep(operated: Operated, name: string, wait: Wait = usual): Promise<void> {
  if ((await operated.state()) === undefined) return;
  await operated.setAsleep(true);
  await settled(
    operated,
    { ...wait, settledSeconds: 0 },
    {
      is: (state) => state === undefined || state.asleep,
      failed: (state) => `the servers of ${name} did not end: ${told(state)}`,
    },
  );
}

interface Question {
  readonly is: (state: OperatedState | undefined) => boolean;
  readonly failed: (state: OperatedState | undefined) => string;
}

async function settled(operated: Operated, wait: Wait, { is, failed }: Question): Promise<void> {
  let since: number | undefined;
  const look = async () => {
    const state = await operated.state();
    since = is(state) ? (since ?? Date.now()) : undefined;
    return since !== undefined && Date.now() - since >= wait.settledSeconds * 1000 ? undefined : new NotYet(state);
  };
  const late = (state: OperatedState | undefined) => {
    throw new StepFailure(`${failed(state)} after ${wait.patienceSeconds} s`);
  };
  await until(look, { seconds: wait.patienceSeconds, everyMs: wait.pauseMs, late });
}

function told(state: OperatedState | undefined): string {
  if (state === undefined) return "there is no such Cluster";
  return `"${state.phase || "the operator has not looked at it"}", ${state.ready} of ${state.wanted} ready`;
}

export default step;
