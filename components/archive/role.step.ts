import type { Place } from "../container/spec.ts";
import { endRole, makeRole } from "../postgres/further-role.ts";
import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { archiveDropSql, archivePasswordVariable, archiveRoleSql } from "./spec.ts";

export interface ArchiveRoleInputs {
  readonly host: string;
  readonly place: Place;
  /** The server's. A new one may have other data, which know no such role. */
  readonly container: string;
  readonly database: string;
  readonly password: string;
}

/** Who receives the log may come in; with the archive its slot goes too. */
const step: Step<ArchiveRoleInputs, Record<string, never>> = {
  changed: changedInputs,
  async reconcile({ host, container, database, password }) {
    const sql = archiveRoleSql(database);
    const what = "making the archive's role in PostgreSQL";
    return makeRole(await runnerOf(host), { container, sql, variable: archivePasswordVariable, password, what });
  },
  async remove({ host, place, database }) {
    await endRole(await runnerOf(host), place, archiveDropSql(database), "dropping the archive's slot in PostgreSQL");
  },
};

export default step;
