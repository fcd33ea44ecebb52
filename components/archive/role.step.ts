import { label, type Place } from "../container/spec.ts";
import { runScript } from "../postgres/roles.step.ts";
import { literal } from "../postgres/roles.ts";
import { runnerOf } from "../steps/engine.ts";
import { commandFailure, messageOf, redacted } from "../steps/failure.ts";
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
  changed: (before, wanted) => changedInputs(before, wanted),
  async reconcile({ host, container, database, password }) {
    const runner = await runnerOf(host);
    await redacted([password, literal(password).slice(1, -1)], async () => {
      const env = { SLIPWAY_SQL: archiveRoleSql(database), [archivePasswordVariable]: password };
      const finished = await runner.exec(container, { argv: runScript, env });
      if (finished.exitCode !== 0) throw commandFailure("making the archive's role in PostgreSQL", ["psql"], finished);
    });
    return {};
  },
  async remove({ host, place, database }) {
    const runner = await runnerOf(host);
    // Not by the stored id: what goes with the archive may be the server's own container too.
    const servers = await runner.list({ [label.stack]: place.stack, [label.part]: "postgres", [label.role]: "part" });
    for (const { id, state } of servers) {
      if (state !== "running") continue;
      const env = { SLIPWAY_SQL: archiveDropSql(database) };
      const argv = ["sh", "-c", `pg_isready -q || exit 0; ${runScript.at(-1) ?? ""}`];
      // A server that cannot be asked, because it starts over and over, must not keep a stack from going down.
      const asked = runner.exec(id, { argv, env });
      const finished = await asked.catch((error: unknown) => ({ exitCode: 0, output: messageOf(error) }));
      if (finished.exitCode !== 0)
        throw commandFailure("dropping the archive's slot in PostgreSQL", ["psql"], finished);
    }
  },
};

export default step;
