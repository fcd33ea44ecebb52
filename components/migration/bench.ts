import { setTimeout as pause } from "node:timers/promises";
import { type DataAccess, withData } from "../backup/sets.ts";
import { backupMounts } from "../backup/spec.ts";
import type { Place } from "../container/spec.ts";
import { type Copy, databaseUrl, migrationEnv, networkTo, sqlCommand } from "../database/spec.ts";
import { commandFailure, StepFailure } from "../steps/failure.ts";
import type { Finished, SessionRunner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import {
  fileAssertions,
  headProblem,
  questions,
  reportedLine,
  revisions,
  type SchemaSpec,
  saysLocked,
  saysNoTable,
  withRevision,
  wrongAnswer,
} from "./spec.ts";

/** Waiting in line for a lock blocks everybody behind: rather give up soon (the product's lock_timeout) and come again. */
const lockAttempts = 5;
const lockPauseMs = 2_000;

function attempts(count: number): string {
  return count === 1 ? "" : `, ${count} attempts, each time a lock was held`;
}

/** Where a schema is looked at and changed: the product's image for its own commands, the database's client for questions. */
export class Bench {
  readonly #access: DataAccess;
  readonly #schema: SchemaSpec;
  readonly #product: Session;
  readonly sql: Session;

  constructor(access: DataAccess, schema: SchemaSpec, product: Session, sql: Session) {
    this.#access = access;
    this.#schema = schema;
    this.#product = product;
    this.sql = sql;
  }

  /** The image has exactly one head, the wanted one. */
  async assertHead(): Promise<void> {
    const { heads, target } = this.#schema;
    const finished = await this.#run(heads, "rehearsal");
    const problem =
      finished.exitCode === 0
        ? headProblem(revisions(finished.output), target)
        : `the image does not tell its schema revisions: ${finished.output.trim()}`;
    if (problem !== undefined) throw new StepFailure(problem);
  }

  /** The revision of the data, undefined for data that were never migrated. */
  revision(copy: Copy): Promise<string | undefined> {
    return revisionOf(this.sql, this.#access, this.#schema, copy);
  }

  async knows(revision: string): Promise<boolean> {
    return (await this.#run(withRevision(this.#schema.knows, revision), "rehearsal")).exitCode === 0;
  }

  /** Upgrades and answers the line that its user wants to see. A lock that others hold is waited for a few times, each time briefly. */
  async upgrade(copy: Copy): Promise<string> {
    const { upgrade, target } = this.#schema;
    for (let attempt = 1; ; attempt += 1) {
      const finished = await this.#run(upgrade, copy);
      if (finished.exitCode === 0) return reportedLine(this.#schema, finished.output) ?? `migrated to ${target}`;
      const again = saysLocked(finished.output) && attempt < lockAttempts;
      if (!again) throw commandFailure(`migrating to ${target}${attempts(attempt)}`, upgrade, finished);
      await pause(lockPauseMs);
    }
  }

  async downgrade(to: string, copy: Copy): Promise<void> {
    const { downgrade } = this.#schema;
    if (downgrade === undefined) throw new StepFailure("this system has no downgrade");
    await this.#must(`downgrading to ${to}`, withRevision(downgrade, to), copy);
  }

  /** The schema is at that revision and every assertion of the system holds. */
  async prove(revision: string, copy: Copy): Promise<void> {
    const reached = await this.revision(copy);
    if (reached !== revision)
      throw new StepFailure(`after the migration the revision is ${reached ?? "none"}, wanted ${revision}`);
    const { database } = this.#access.data;
    // Of another revision the assertions may not be true.
    const own = revision === this.#schema.target ? this.#schema.assertions : [];
    const assertions = [...fileAssertions(database), ...own];
    if (assertions.length === 0) return;
    const argv = sqlCommand(database, copy, questions(database, assertions));
    const wrong = wrongAnswer(assertions, await this.sql.must("proving the schema", { argv }));
    if (wrong !== undefined) throw new StepFailure(wrong);
  }

  #run(argv: readonly string[], copy: Copy): Promise<Finished> {
    return this.#product.run({ argv, workingDir: this.#schema.workingDir, env: this.#env(copy) });
  }

  #must(what: string, argv: readonly string[], copy: Copy): Promise<string> {
    return this.#product.must(what, { argv, workingDir: this.#schema.workingDir, env: this.#env(copy) });
  }

  #env(copy: Copy): Record<string, string> {
    const { variable, url, env } = this.#schema;
    const { data, secrets } = this.#access;
    return { ...migrationEnv(data.database, copy), ...env, [variable]: databaseUrl(url, data.database, secrets, copy) };
  }
}

/** Asked of the database itself: an older image's Alembic refuses a revision that it does not know. */
export async function revisionOf(
  sql: Session,
  { data }: DataAccess,
  schema: SchemaSpec,
  copy: Copy,
): Promise<string | undefined> {
  const { database } = data;
  // sqlite3 would make an empty file.
  if (database.kind === "sqlite") {
    const [, , file = ""] = sqlCommand(database, copy, []);
    if ((await sql.run({ argv: ["test", "-f", file] })).exitCode !== 0) return undefined;
  }
  const argv = sqlCommand(database, copy, [schema.revisionSql]);
  const finished = await sql.run({ argv });
  if (finished.exitCode !== 0 && saysNoTable(finished.output)) return undefined;
  if (finished.exitCode !== 0) throw new StepFailure(`the schema revision cannot be read: ${finished.output.trim()}`);
  const revision = finished.output.trim();
  return revision === "" ? undefined : revision;
}

/** Opens what a bench needs, for as long as the work takes. */
export function withBench<T>(
  runner: SessionRunner,
  place: Place,
  purpose: string,
  access: DataAccess,
  schema: SchemaSpec,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  return withData(runner, place, purpose, access, (sql) => benchOn(runner, place, purpose, sql, access, schema, work));
}

/** The same on a session of the data that is open already. For SQLite it is both: the product's image brings the client (guide 000). */
export async function benchOn<T>(
  runner: SessionRunner,
  place: Place,
  purpose: string,
  sql: Session,
  access: DataAccess,
  schema: SchemaSpec,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const { data } = access;
  if (data.database.kind === "sqlite") return work(new Bench(access, schema, sql, sql));
  const product = {
    image: data.image,
    user: data.user,
    env: {},
    mounts: backupMounts(data),
    network: networkTo(data.database),
    memoryMb: 512,
  };
  return withSession(runner, place, `${purpose}-product`, product, (session) =>
    work(new Bench(access, schema, session, sql)),
  );
}
