import { StepFailure } from "../steps/failure.ts";
import type { Lease } from "../steps/lease.ts";

/** Undefined when the stack on this host is this state's own, else what to do about it. */
export function ownerProblem(recorded: string | undefined, own: string, stack: string): string | undefined {
  if (recorded === undefined || own === "" || recorded === own) return undefined;
  return (
    `the stack ${stack} on this Docker host belongs to another Pulumi state: ${recorded}, this one is ${own}. Two states would each undo the other's releases. ` +
    `Use that state, or another stack name; to take the stack over: \`pulumi config set --path slipway:preflight.takeOver ${recorded} --stack ${stack}\``
  );
}

/** Another state's stack is left alone; the first to release is its owner, or who says whom it takes it from. */
export async function assertOwner(lease: Lease, own: string, takeOver: string): Promise<void> {
  const recorded = lease.journal.owner;
  const problem = recorded === takeOver ? undefined : ownerProblem(recorded, own, lease.place.stack);
  if (problem !== undefined) throw new StepFailure(problem);
  if (own !== "" && recorded !== own) await lease.save({ ...lease.journal, owner: own });
}
