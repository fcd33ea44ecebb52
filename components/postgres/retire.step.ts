import type { Place } from "../container/spec.ts";
import { serverRunnerOf } from "../steps/engine.ts";
import { commandFailure } from "../steps/failure.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { runScript } from "./roles.step.ts";

export interface RetireInputs {
  readonly host: string;
  readonly place: Place;
  /** The server's, or its pod. */
  readonly container: string;
  /** See `retireSql`. */
  readonly sql: string;
}

/** Takes the login with the app's former password away, once nobody serves by it. */
const step: Step<RetireInputs, Record<string, never>> = {
  changed: changedInputs,
  async reconcile({ host, container, sql }) {
    const runner = await serverRunnerOf(host);
    const finished = await runner.exec(container, { argv: runScript, env: { SLIPWAY_SQL: sql } });
    if (finished.exitCode !== 0) throw commandFailure("retiring a login of PostgreSQL", ["psql"], finished);
    return {};
  },
};

export default step;
