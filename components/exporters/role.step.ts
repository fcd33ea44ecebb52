import type { Place } from "../container/spec.ts";
import { endRole, makeRole } from "../postgres/further-role.ts";
import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { monitorEndSql, monitorPasswordVariable, monitorRoleSql } from "./role.ts";

export interface MonitorRoleInputs {
  readonly host: string;
  readonly place: Place;
  /** The server's. A new one may have other data, which know no such role. */
  readonly container: string;
  readonly database: string;
  readonly password: string;
}

/** Who reads what PostgreSQL counts may come in; with the exporter its login ends. */
const step: Step<MonitorRoleInputs, Record<string, never>> = {
  changed: changedInputs,
  async reconcile({ host, container, database, password }) {
    const sql = monitorRoleSql(database);
    const what = "making the role of PostgreSQL's exporter";
    return makeRole(await runnerOf(host), { container, sql, variable: monitorPasswordVariable, password, what });
  },
  async remove({ host, place, database }) {
    const what = "ending the login of PostgreSQL's exporter";
    await endRole(await runnerOf(host), place, monitorEndSql(database), what);
  },
};

export default step;
