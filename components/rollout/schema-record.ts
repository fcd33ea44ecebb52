import { z } from "zod";
import {
  type Catalogue,
  catalogueCommand,
  parseCatalogue,
  printOf,
  schemaChange,
  schemaMend,
  schemaWords,
} from "../migration/catalogue.ts";
import { StepFailure } from "../steps/failure.ts";
import { journalPath, type Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import type { Session } from "../steps/session.ts";
import { settle } from "./recover.ts";
import type { RolloutInputs } from "./spec.ts";

/** What the schema was when a release was committed. Beside the journal and not in it: the journal is written at every phase. */
const record = z.strictObject({ revision: z.string(), lines: z.array(z.string()) });

export type SchemaRecord = z.infer<typeof record>;

const file = "schema.json";

/** Undefined before the first release that recorded one. @param container any that mounts the journal's volume */
export async function readSchemaRecord(runner: Runner, container: string): Promise<SchemaRecord | undefined> {
  const text = await runner.get(container, `${journalPath}/${file}`);
  return text === undefined ? undefined : record.parse(JSON.parse(text));
}

async function write({ runner, id }: Lease, revision: string, lines: Catalogue): Promise<void> {
  const content = `${JSON.stringify({ revision, lines: [...lines] })}\n`;
  await runner.put(id, journalPath, [{ path: file, type: "file", content, mode: 0o644, uid: 0, gid: 0 }]);
}

/** The commit, and what the schema is then: from now on another one at this revision is somebody's hand. */
export async function settleRecorded(
  lease: Lease,
  sql: Session,
  { data }: Pick<RolloutInputs, "data">,
  ready: Release,
): Promise<void> {
  await write(lease, ready.revision, await look(sql, data));
  await settle(lease, ready);
}

/** Refuses data whose schema a hand changed, unless its user has accepted exactly this one. Nothing was recorded of another revision. */
export async function assertSchema(
  lease: Lease,
  sql: Session,
  { data, acceptSchema }: Pick<RolloutInputs, "data" | "acceptSchema">,
  revision: string | undefined,
): Promise<void> {
  const recorded = await readSchemaRecord(lease.runner, lease.id);
  if (recorded === undefined || recorded.revision !== revision) return;
  const found = await look(sql, data);
  const change = schemaChange(recorded.lines, found);
  if (change === undefined) return;
  if (acceptSchema === printOf(found)) return write(lease, revision, found);
  throw new StepFailure(
    `the database's schema was changed by hand at revision ${revision}: ${schemaWords(change)}. Nothing was released. Mend: ${schemaMend(found, lease.place.stack)}`,
  );
}

/** The same of data that are to serve, before they do: in words, or undefined. @param accepted what the config names */
export function foreignSchema(
  recorded: SchemaRecord | undefined,
  { revision, lines }: { readonly revision: string | undefined; readonly lines: Catalogue },
  accepted: string,
): string | undefined {
  if (recorded === undefined || recorded.revision !== revision || printOf(lines) === accepted) return undefined;
  const change = schemaChange(recorded.lines, lines);
  return change === undefined ? undefined : schemaWords(change);
}

async function look(sql: Session, { database }: RolloutInputs["data"]): Promise<Catalogue> {
  return parseCatalogue(await sql.must("reading the schema", { argv: catalogueCommand(database) }));
}
