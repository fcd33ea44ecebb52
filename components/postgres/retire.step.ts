import type { Place } from "../container/spec.ts";
import { commandFailure } from "../steps/failure.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { runScript } from "./roles.step.ts";
import { type ServerInputs, serverOf } from "./server.ts";

export interface RetireInputs extends ServerInputs {
  readonly place: Place;
  /** See `retireSql`. */
  readonly sql: string;
}

/** Takes the login with the app's former password away, once nobody serves by it. */
const step: Step<RetireInputs, Record<string, never>> = {
  changed: changedInputs,
  async reconcile({ container, sql, ...where }) {
    const runner = await serverOf({ container, ...where });
    const finished = await runner.exec(container, { argv: runScript, env: { SLIPWAY_SQL: sql } });
    if (finished.exitCode !== 0) throw commandFailure("retiring a login of PostgreSQL", ["psql"], finished);
    return {};
  },
};

export default step;
