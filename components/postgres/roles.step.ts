import { NotYet, until } from "../../toolchain/poll.ts";
import type { Place } from "../container/spec.ts";
import { serverRunnerOf } from "../steps/engine.ts";
import { commandFailure, indent, lastLines, messageOf, redact, StepFailure } from "../steps/failure.ts";
import type { Finished, ServerRunner } from "../steps/runner.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { literal, maintenanceDatabase, passwordVariables, superuser } from "./roles.ts";

export interface PostgresRolesInputs {
  readonly host: string;
  readonly place: Place;
  /** The server's container, or pod. A new one is waited for again. */
  readonly container: string;
  /** In a cluster: of the pod, which has the same name when it is another. */
  readonly revision?: string;
  /** See `rolesSql`. */
  readonly sql: string;
  /** See `acceptsApp`. */
  readonly accepts: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
  /** Of the app's password, see `loginRole`. @default 0 */
  readonly generation?: number;
  /** Fingerprint of the server's: a new one is read by the reload that ends the script. */
  readonly certificate: string;
}

export interface PostgresRolesOutputs {
  readonly ready: true;
  /** The server's, such as 17.12. */
  readonly version: string;
}

/** Time for the first start, which makes the cluster, and for the recovery after a crash. */
const readySeconds = 180;

const session = `psql -XqAt -v ON_ERROR_STOP=1 -U ${superuser} -d ${maintenanceDatabase}`;
/** By TCP first: while the image initialises, a server answers on the socket that is stopped in the middle of anything. */
const readyQuestion = ["sh", "-c", `pg_isready -q -h 127.0.0.1 && ${session} -c 'SHOW server_version'`];
/** The script by a variable: the runner has no standard input, and the passwords beside it must be in no argument. */
export const runScript = ["sh", "-c", `printf %s "$SLIPWAY_SQL" | ${session} -f -`];

/**
 * Waits until PostgreSQL accepts connections, makes the roles, the databases and their rights what they should be, and is done when the
 * app's role gets in, as the app does.
 */
const step: Step<PostgresRolesInputs, PostgresRolesOutputs> = {
  changed(before, wanted) {
    assertNextGeneration(before["generation"], wanted["generation"]);
    return changedInputs(before, wanted, ["ready", "version"]);
  },
  reconcile: async (inputs) => reconcileRoles(await serverRunnerOf(inputs.host), inputs),
};

/** Two further on is the login that serves now: its password would change under the release that uses it. */
function assertNextGeneration(before: unknown, wanted: unknown): void {
  const [from, to] = [before, wanted].map((each) => (typeof each === "number" ? each : 0)) as [number, number];
  if (to === from || to === from + 1) return;
  throw new StepFailure(
    `slipway:secrets.rotate.postgres: is ${to} after ${from}; allowed: ${from + 1}, since each change goes to the other of two logins. ` +
      `Mend: pulumi config set --path slipway:secrets.rotate.postgres ${from + 1}`,
  );
}

/** The step on any runner; `patienceSeconds` and `pauseMs` are shorter in tests. */
export async function reconcileRoles(
  runner: ServerRunner,
  inputs: PostgresRolesInputs,
  { patienceSeconds = readySeconds, pauseMs = 300 } = {},
): Promise<PostgresRolesOutputs> {
  const { container, sql, accepts, ownerPassword, appPassword } = inputs;
  const wait = { patienceSeconds, pauseMs };
  // The server may repeat a password as it stood in the statement.
  const secrets = [ownerPassword, appPassword].flatMap((each) => [each, literal(each).slice(1, -1)]);
  try {
    const answer = await answered(runner, container, readyQuestion, "accept connections", wait);
    const env = { SLIPWAY_SQL: sql, [passwordVariables.owner]: ownerPassword, [passwordVariables.app]: appPassword };
    const finished = await runner.exec(container, { argv: runScript, env });
    if (finished.exitCode !== 0) throw commandFailure("making the roles of PostgreSQL", ["psql"], finished);
    await answered(runner, container, ["sh", "-c", accepts], "take in the app's role", wait);
    // 17.12 (Debian 17.12-1): the number is the fact.
    return { ready: true, version: answer.split(" ")[0] ?? answer };
  } catch (error) {
    throw new StepFailure(redact(messageOf(error), secrets));
  }
}

function answered(
  runner: ServerRunner,
  container: string,
  question: readonly string[],
  what: string,
  { patienceSeconds, pauseMs }: { readonly patienceSeconds: number; readonly pauseMs: number },
): Promise<string> {
  const look = async () => {
    const { exitCode, output } = await ask(runner, container, question);
    return exitCode === 0 ? output.trim() : new NotYet(output.trim());
  };
  const late = async (seen: string) => {
    const log = lastLines(await runner.logs(container, 30));
    throw new StepFailure(
      `PostgreSQL did not ${what} within ${patienceSeconds} s: ${seen || "no answer"}\n` +
        `the container's last lines:\n${indent(log)}`,
    );
  };
  return until(look, { seconds: patienceSeconds, everyMs: pauseMs, late });
}

/** The engine refuses commands in a container that restarts: no answer yet, like any other. */
async function ask(runner: ServerRunner, container: string, argv: readonly string[]): Promise<Finished> {
  try {
    return await runner.exec(container, { argv });
  } catch (error) {
    return { exitCode: -1, output: messageOf(error) };
  }
}

export default step;
