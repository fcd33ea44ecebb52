import type { Mount, Place } from "../container/spec.ts";
import { clusterRunnerOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import type { SessionRunner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { changedBut, type Step } from "../steps/step.ts";
import { asMaster, runScriptAs } from "./rds-roles.step.ts";

export interface RdsRetireInputs {
  readonly host: string;
  readonly place: Place;
  readonly image: string;
  readonly trust: Mount;
  readonly server: string;
  readonly database: string;
  /** See `retireSql`. */
  readonly sql: string;
  readonly masterPassword: string;
}

/** Takes the login with the app's former password away, once nobody serves by it. */
const step: Step<RdsRetireInputs, Record<string, never>> = {
  changed: changedBut("masterPassword", "host"),
  reconcile: async (inputs) => retire(await clusterRunnerOf(inputs.host), inputs),
};

/** The step on any runner. @throws StepFailure without the master's password in it */
export async function retire(runner: SessionRunner, inputs: RdsRetireInputs): Promise<Record<string, never>> {
  const { place, image, trust, server, database, sql, masterPassword } = inputs;
  const request = { image, user: "999:999", env: {}, mounts: [trust], network: [], memoryMb: 512 };
  return redacted([masterPassword], () =>
    withSession(runner, place, "postgres-retire", request, async (session) => {
      const env = { ...asMaster(database, masterPassword, server), SLIPWAY_SQL: sql };
      await session.must("retiring a login of PostgreSQL", { argv: runScriptAs, env });
      return {};
    }),
  );
}

export default step;
