import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { label, type Place } from "../components/container/spec.ts";
import { findLease, heldMessage, holderIsDead } from "../components/steps/lease.ts";
import { processStart } from "../components/steps/process.ts";
import type { Observed, Runner } from "../components/steps/runner.ts";
import { NotYet, until } from "../toolchain/poll.ts";
import { askPulumi, type PulumiContext } from "./pulumi.ts";

const lockShape = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });
export type Lock = z.infer<typeof lockShape>;

const patienceSeconds = 180;

/** What a lock in a file backend means for the next command; pure. */
export function judgeLock(
  lock: Lock,
  here: { readonly hostname: string; readonly isAlive: (pid: number) => boolean },
): "stale" | "held" {
  return lock.hostname === here.hostname && !here.isAlive(lock.pid) ? "stale" : "held";
}

/**
 * After a killed `up`: waits until its last step has let go of the host, removes what it left half made, clears the lock of the dead
 * process and says all that. A lock of a living process, or of another machine, is left alone and named.
 */
export async function clearStaleLock(
  context: PulumiContext,
  runner: Runner,
  place: Place,
  say: (line: string) => void,
): Promise<void> {
  const locks = await readLocks(context);
  if (locks.length === 0) return;
  for (const lock of locks) {
    if (
      judgeLock(lock, { hostname: hostname(), isAlive: (pid) => processStart(String(pid)) !== undefined }) === "stale"
    )
      continue;
    throw new Error(
      `stack ${place.stack} is being changed by ${lock.username}@${lock.hostname} (process ${lock.pid}, since ${lock.timestamp}). ` +
        `Wait for it to end; if that process is gone, clear its lock with \`eval "$(npm run -s env)"; pulumi cancel --yes ${place.stack}\`, then run the same command again`,
    );
  }
  await awaitLease(runner, place, say);
  const [lock] = locks;
  say(
    `the last command on stack ${place.stack} was killed (process ${lock?.pid}, ${lock?.timestamp}); clearing its lock`,
  );
  await askPulumi({ ...context }, ["cancel", "--yes"]);
  await dropPending(context, runner, place, say);
}

/** Waits for a step that is still at work, and says so. @throws Error naming the holder when it takes too long */
export async function awaitLease(runner: Runner, place: Place, say: (line: string) => void): Promise<void> {
  let said = false;
  const look = async () => {
    const lease = await findLease(runner, place);
    if (lease === undefined || (await holderIsDead(runner, lease))) return;
    if (!said) say(`${heldMessage(lease)} Waiting for it.`);
    said = true;
    return new NotYet(lease);
  };
  const late = (lease: Observed) => {
    throw new Error(heldMessage(lease));
  };
  await until(look, { seconds: patienceSeconds, everyMs: 500, late });
}

const exported = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(z.looseObject({ type: z.string(), id: z.string().optional() })).optional(),
    pending_operations: z.array(z.unknown()).optional(),
  }),
});

/** A create that was cut off is in no state, but may be on the host under its fixed name, where it would block the next create. */
async function dropPending(
  context: PulumiContext,
  runner: Runner,
  place: Place,
  say: (line: string) => void,
): Promise<void> {
  const state = exported.parse(JSON.parse(await askPulumi(context, ["stack", "export"])));
  const known = new Set(state.deployment.resources?.map((resource) => resource.id));
  const parts = await runner.list({ [label.stack]: place.stack, [label.role]: "part" });
  for (const part of parts.filter((each) => !known.has(each.id))) {
    say(`removing ${part.name}, which the killed command had begun to create`);
    await runner.remove(part.id);
  }
  const pending = state.deployment.pending_operations?.length ?? 0;
  if (pending === 0) return;
  say(
    `forgetting ${pending} operation${pending === 1 ? "" : "s"} that the killed command had begun; the next update does them again`,
  );
  const { pending_operations: _, ...deployment } = state.deployment;
  await askPulumi(context, ["stack", "import"], JSON.stringify({ ...state, deployment }));
}

/** Locks are files only in a file backend; other backends keep and explain theirs. */
async function readLocks(context: PulumiContext): Promise<readonly Lock[]> {
  const backend = context.env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return [];
  const folder = join(backend.slice("file://".length), ".pulumi", "locks", "organization", "slipway", context.stack);
  // Beside each lock lies a file of attributes, `.json.attrs`.
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  return Promise.all(
    names.map(async (name) => lockShape.parse(JSON.parse(await readFile(join(folder, name), "utf8")))),
  );
}
