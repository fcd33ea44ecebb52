import { label, type Place } from "../container/spec.ts";
import { commandFailure, messageOf, redacted } from "../steps/failure.ts";
import type { Runner, ServerRunner } from "../steps/runner.ts";
import { runScript } from "./roles.step.ts";
import { literal } from "./roles.ts";

/** A role of a part beside the product: the archive's, an exporter's. */
export interface FurtherRole {
  /** The server's. */
  readonly container: string;
  /** For the superuser, and where it reads the password. */
  readonly sql: string;
  readonly variable: string;
  readonly password: string;
  /** For the message of a failure. */
  readonly what: string;
}

/** @throws StepFailure in which the password does not stand */
export function makeRole(
  runner: ServerRunner,
  { container, sql, variable, password, what }: FurtherRole,
): Promise<Record<string, never>> {
  return redacted([password, literal(password).slice(1, -1)], async () => {
    const finished = await runner.exec(container, { argv: runScript, env: { SLIPWAY_SQL: sql, [variable]: password } });
    if (finished.exitCode !== 0) throw commandFailure(what, ["psql"], finished);
    return {};
  });
}

/** Not by a stored id: what goes with the role's part may be the server's own container too. */
export async function endRole(runner: Runner, place: Place, sql: string, what: string): Promise<void> {
  const servers = await runner.list({ [label.stack]: place.stack, [label.part]: "postgres", [label.role]: "part" });
  for (const { id, state } of servers) {
    if (state !== "running") continue;
    const argv = ["sh", "-c", `pg_isready -q || exit 0; ${runScript.at(-1) ?? ""}`];
    // A server that cannot be asked, because it starts over and over, must not keep a stack from going down.
    const asked = runner.exec(id, { argv, env: { SLIPWAY_SQL: sql } });
    const finished = await asked.catch((error: unknown) => ({ exitCode: 0, output: messageOf(error) }));
    if (finished.exitCode !== 0) throw commandFailure(what, ["psql"], finished);
  }
}
