import { Readable } from "node:stream";
import { keeperRequest } from "../../../components/backup/stores.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { dumpDatabase } from "../../../components/postgres/dump.ts";
import { loadSql, rolesFor, rolesNamed } from "../../../components/postgres/load.ts";
import { restoreServerEnv, withRestoreServer } from "../../../components/postgres/restore-server.ts";
import { maintenanceDatabase, superuser } from "../../../components/postgres/roles.ts";
import { postgresDataPath } from "../../../components/postgres/spec.ts";
import { commandFailure } from "../../../components/steps/failure.ts";
import type { Command } from "../../../components/steps/runner.ts";
import { withSession } from "../../../components/steps/session.ts";
import { dataPart } from "../../../components/volumes/spec.ts";
import type { DataStack } from "../session.ts";
import { makeVolumes, removeVolumes } from "../volumes.ts";
import { type Given, unpacked } from "./given.ts";

const parts = ["postgres-data"];

/**
 * Plain SQL into a throw-away server on the volume that the restore fills later, and a dump of what came of it to `to`. A kill leaves that volume,
 * which the next restore makes anew.
 */
export async function loadInto(stack: DataStack, given: Given, generation: number, to: string): Promise<void> {
  const { engine, runner, facts } = stack;
  const { data } = facts.access;
  const { database } = data;
  if (database.kind !== "postgres") throw new Error("SQL of pg_dump is loaded by PostgreSQL alone");
  const roles = await rolesIn(given);
  const place = { ...facts.place, generation };
  const volume = resourceName(place, dataPart(place, "postgres-data"));
  await makeVolumes(engine, place, parts);
  try {
    await withRestoreServer(
      runner,
      place,
      { image: database.image, volume, database: database.name },
      async (server) => {
        const run = async (what: string, command: Command) => {
          const finished = await runner.exec(server, command);
          if (finished.exitCode !== 0) throw commandFailure(what, command.argv, finished);
        };
        const first = () => Readable.from([rolesFor(roles)]);
        await run("making the roles that it names", { argv: loadSql(maintenanceDatabase), input: first });
        const input = () => unpacked(given.path, given.packed);
        await run(`loading ${given.path}`, { argv: loadSql(database.name), input });
        const env = { ...restoreServerEnv(database.name), PGUSER: superuser };
        const request = keeperRequest(data, [{ volume, path: postgresDataPath }], env);
        await withSession(runner, place, "import", request, async (session) => {
          await session.must(`dumping what ${given.path} holds`, { argv: dumpDatabase(database.name, to) });
          await session.must("giving the dump to the sets' owner", { argv: ["chown", data.user, to] });
        });
      },
    );
  } finally {
    await removeVolumes(engine, place, parts);
  }
}

/** Beyond so many characters a line is data. */
const longest = 65_536;

async function rolesIn({ path, packed }: Given): Promise<readonly string[]> {
  const found = new Set<string>();
  let rest = "";
  for await (const piece of unpacked(path, packed).setEncoding("utf8")) {
    const lines = `${rest}${piece}`.split("\n");
    rest = (lines.pop() ?? "").slice(0, longest);
    for (const line of lines) for (const role of rolesNamed(line)) found.add(role);
  }
  return [...found].sort();
}
