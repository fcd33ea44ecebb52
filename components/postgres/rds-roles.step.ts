import { randomBytes } from "node:crypto";
import type { Mount, Place } from "../container/spec.ts";
import { clusterRunnerOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import type { SessionRunner } from "../steps/runner.ts";
import { reapSessions, withSession } from "../steps/session.ts";
import { changedBut, type Step } from "../steps/step.ts";
import { ownerEnv } from "./dump.ts";
import { master } from "./rds-roles.ts";
import { loginRole, maintenanceDatabase, passwordVariables } from "./roles.ts";
import { scramVerifier } from "./scram.ts";

export interface RdsRolesInputs {
  readonly host: string;
  readonly place: Place;
  /** With psql. */
  readonly image: string;
  readonly trust: Mount;
  /** The server's name. */
  readonly server: string;
  readonly database: string;
  /** See `rdsRolesSql`. */
  readonly sql: string;
  /** Of the app's password, see `loginRole`. */
  readonly generation: number;
  readonly masterPassword: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
}

export interface RdsRolesOutputs {
  readonly ready: true;
}

/** Makes the roles and the database on a server of RDS, and is done when the app's role gets in, as the app does. */
const step: Step<RdsRolesInputs, RdsRolesOutputs> = {
  changed: changedBut("ready", "masterPassword", "host"),
  reconcile: async (inputs) => {
    const runner = await clusterRunnerOf(inputs.host);
    await reapSessions(runner, inputs.place);
    return makeRoles(runner, inputs);
  },
  remove: async ({ host, place }) => void (await reapSessions(await clusterRunnerOf(host), place)),
};

/**
 * The step on any runner: makes or changes the roles, then logs in as the app to prove its password. The server gets verifiers and never sees a
 * password.
 * @throws StepFailure that repeats no password and no verifier
 */
export async function makeRoles(runner: SessionRunner, inputs: RdsRolesInputs): Promise<RdsRolesOutputs> {
  const { place, image, trust, server, database, generation, masterPassword, ownerPassword, appPassword } = inputs;
  const owner = scramVerifier(ownerPassword, randomBytes(16));
  const app = scramVerifier(appPassword, randomBytes(16));
  const env = ownerEnv(database, appPassword, server);
  const request = { image, user: "999:999", env: {}, mounts: [trust], network: [], memoryMb: 512 };
  return redacted([masterPassword, ownerPassword, appPassword, owner, app], async () =>
    withSession(runner, place, "postgres-roles", request, async (session) => {
      await session.must("making the roles on RDS", {
        argv: runScriptAs,
        env: {
          ...asMaster(database, masterPassword, server),
          SLIPWAY_SQL: inputs.sql,
          [passwordVariables.owner]: owner,
          [passwordVariables.app]: app,
        },
      });
      await session.must("asking RDS as the app", {
        argv: ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1"],
        env: { ...env, PGUSER: loginRole(database, generation) },
      });
      return { ready: true };
    }),
  );
}

/** Variables of a session in the maintenance database. */
export function asMaster(database: string, password: string, server: string): Readonly<Record<string, string>> {
  return { ...ownerEnv(database, password, server), PGUSER: master, PGDATABASE: maintenanceDatabase };
}

/** By a variable, as on the stack's own server; user and database come by libpq's. */
export const runScriptAs = ["sh", "-c", 'printf %s "$SLIPWAY_SQL" | psql -XqAt -v ON_ERROR_STOP=1 -f -'] as const;

export default step;
