import { NotYet, until } from "../../toolchain/poll.ts";
import type { Place } from "../container/spec.ts";
import { writeFiles } from "../files/step.ts";
import { runnerOf } from "../steps/engine.ts";
import { commandFailure, messageOf, redact, StepFailure } from "../steps/failure.ts";
import type { Finished, Runner } from "../steps/runner.ts";
import { changedBut, type Step } from "../steps/step.ts";
import {
  passwordHash,
  redisAppUser,
  redisExporterPassword,
  redisExporterUser,
  redisOperatorCli,
  redisUsers,
  usersFile,
} from "./spec.ts";

export interface RedisUsersInputs {
  readonly host: string;
  readonly place: Place;
  /** The server's container. A new one is waited for again. */
  readonly container: string;
  readonly image: string;
  /** Where users.acl is. */
  readonly volume: string;
  readonly passwordOnly: boolean;
  readonly watched: boolean;
  readonly operatorPassword: string;
  readonly appPassword: string;
  /** Before a release the password that serves stays valid beside the new one; after it, the new one alone is. */
  readonly keep: "both" | "new";
}

const readySeconds = 60;

/**
 * The app's passwords, and the exporter's, in the running server, without a restart: connections that are open stay so. A release changes a password in two such
 * steps: one before it, with `both`, so that old and new workloads come in, and one after its proof, with `new`.
 */
const step: Step<RedisUsersInputs, Record<string, never>> = {
  changed: changedBut("image"),
  reconcile: async (inputs) => reconcileUsers(await runnerOf(inputs.host), inputs),
};

/** The step on any runner; `patienceSeconds` and `pauseMs` are shorter in tests. */
export async function reconcileUsers(
  runner: Runner,
  inputs: RedisUsersInputs,
  wait = { patienceSeconds: readySeconds, pauseMs: 200 },
): Promise<Record<string, never>> {
  try {
    const ask = (...words: readonly string[]) => asOperator(runner, inputs, words);
    const found = await answered(() => ask("ACL", "LIST"), wait);
    const valid = hashesOf(redisAppUser, found);
    const own = passwordHash(inputs.appPassword);
    const wanted = inputs.keep === "both" ? [...new Set([own, ...valid])] : [own];
    const exporter = inputs.watched ? [passwordHash(redisExporterPassword(inputs.operatorPassword))] : [];
    if (sameSet(valid, wanted) && sameSet(hashesOf(redisExporterUser, found), exporter)) return {};
    const users = redisUsers(inputs, inputs.operatorPassword, wanted);
    await writeFiles(runner, { ...inputs, entries: [usersFile(users)] });
    const loaded = await ask("ACL", "LOAD");
    if (loaded.exitCode !== 0 || loaded.output.trim() !== "OK")
      throw commandFailure("loading the users of Redis", ["redis-cli", "ACL", "LOAD"], loaded);
    return {};
  } catch (error) {
    throw new StepFailure(redact(messageOf(error), [inputs.operatorPassword, inputs.appPassword]));
  }
}

async function asOperator(
  runner: Runner,
  { container, operatorPassword }: RedisUsersInputs,
  words: readonly string[],
): Promise<Finished> {
  try {
    const env = { REDISCLI_AUTH: operatorPassword };
    return await runner.exec(container, { argv: [...redisOperatorCli, ...words], env });
  } catch (error) {
    // The engine refuses commands in a container that restarts: no answer yet, like any other.
    return { exitCode: -1, output: messageOf(error) };
  }
}

/** redis-cli exits with 0 on a refusal too: only an answer that has users in it is one. */
function answered(
  ask: () => Promise<Finished>,
  { patienceSeconds, pauseMs }: { readonly patienceSeconds: number; readonly pauseMs: number },
): Promise<string> {
  const look = async () => {
    const { exitCode, output } = await ask();
    return exitCode === 0 && /^user /m.test(output) ? output : new NotYet(output);
  };
  return until(look, { seconds: patienceSeconds, everyMs: pauseMs, late: "Redis did not tell of its users" });
}

/** @param users as `ACL LIST` tells them, one in a line */
function hashesOf(name: string, users: string): readonly string[] {
  const line = users.split("\n").find((each) => each.startsWith(`user ${name} `)) ?? "";
  return [...line.matchAll(/#([0-9a-f]{64})/g)].flatMap(([, hash]) => hash ?? []);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

export default step;
