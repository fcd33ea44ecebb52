import type { Command, Finished } from "../../components/steps/runner.ts";
import { canonical } from "../../components/steps/step.ts";

/** What the product's data are to these tests: a schema revision, and every write that a user was told is kept. */
export interface Data {
  revision: string | undefined;
  writes: number[];
}

export interface Behaviour {
  /** The revisions that an image's Alembic knows, its head last. */
  readonly revisions: (image: string) => readonly string[];
  /** Images whose workload never answers its health path. */
  readonly unhealthy: ReadonlySet<string>;
  /** Images whose answers to `/probe` are wrong. */
  readonly wrong: ReadonlySet<string>;
  /** Images whose worker's check fails. */
  readonly unchecked: ReadonlySet<string>;
  /** Images whose migration fails. */
  readonly brokenMigration: ReadonlySet<string>;
  /** Paths whose probes fail, e.g. after an edge broke. */
  readonly failingPaths: ReadonlySet<string>;
  /** Nobody may write while the schema is upgraded (SQLite). */
  readonly oneWriter: boolean;
}

/** A container of the product that answers or works while a command runs. */
export interface Writer {
  readonly image: string;
  readonly name: string;
}

const ok = (output = ""): Finished => ({ exitCode: 0, output });

/**
 * Stands for the product's data, its backup sets and the commands of its images, for SQLite and PostgreSQL alike. A database is no more than
 * its revision and the writes it holds, a set is a copy of it. Commands are told by the text of the real builders (take and restore a set,
 * alembic, sqlite3, psql, curl); what those scripts do to real files is the live tests'. What no step may ever do (restore or downgrade beside
 * a writer) is noted in `problems`.
 */
export class MemoryProduct {
  readonly sets = new Map<string, Data>();
  readonly restored: string[] = [];
  readonly problems: string[];
  /** What a hand made in the database, as the catalogue tells it. */
  byHand: readonly string[] = [];
  /** Answers to further questions of the system's own. */
  readonly answers = new Map<string, string>();
  data: Data = { revision: undefined, writes: [] };
  copy: Data | undefined;
  #dumped: Data | undefined;
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour, problems: string[]) {
    this.#behaviour = behaviour;
    this.problems = problems;
  }

  /** Undefined for a command that is none of the data's. */
  run(command: Command, image: string, writers: readonly Writer[]): Finished | undefined {
    const script = command.argv.join(" ");
    if (command.argv[0] === "alembic") return this.#alembic(command, image, writers);
    if (script.startsWith("sh -euc")) return this.#script(script, writers);
    const [program = "", flags, path = ""] = command.argv;
    // No revision stands for no database.
    if (program === "test") return { exitCode: this.#named(path)?.revision === undefined ? 1 : 0, output: "" };
    if (program === "sqlite3") return this.#questions(this.#named(path), command.argv.slice(3));
    if (program === "psql" && flags === "-XAtq") {
      const questions = command.argv.filter((_, at) => command.argv[at - 1] === "-c");
      return this.#questions(this.#named(command.argv[command.argv.indexOf("-d") + 1] ?? ""), questions);
    }
    // The schema of the copy, for the lint: no table at all.
    return command.argv[3] === "snapshot" ? ok("0\n") : undefined;
  }

  /** A file, a URL or a database's name. */
  #named(text: string): Data | undefined {
    return /rehearsal/.test(text) ? this.copy : this.data;
  }

  #script(script: string, writers: readonly Writer[]): Finished {
    if (script.includes("pg_dump ")) {
      this.#dumped = structuredClone(this.data);
      return ok();
    }
    const taken = /mv -T "\$part" '\/backup\/sets\/([^']+)'/.exec(script)?.[1];
    if (taken !== undefined) return this.#take(taken, Number(/tail -n \+(\d+)/.exec(script)?.[1]));
    if (script.includes("rm -rf /backup/sets/*.part")) return ok();
    if (script.includes("slipway_rehearsal") || script.includes("/backup/rehearsal")) return this.#rehearsal(script);
    const set = /'\/backup\/sets\/([^'/]+)[/']/.exec(script)?.[1] ?? "";
    const restores = script.includes("-wal'") || script.includes("_restoring");
    if (!this.sets.has(set)) return { exitCode: 1, output: `sh: cd: can't cd to /backup/sets/${set}\n` };
    return restores ? this.#restore(set, writers) : ok();
  }

  #rehearsal(script: string): Finished {
    const set = /'\/backup\/sets\/([^'/]+)[/']/.exec(script)?.[1];
    const kept = set === undefined ? undefined : this.sets.get(set);
    if (set !== undefined && kept === undefined) return { exitCode: 1, output: `no set ${set}\n` };
    this.copy = kept && structuredClone(kept);
    return ok();
  }

  #take(set: string, keep: number): Finished {
    this.sets.set(set, this.#dumped ?? structuredClone(this.data));
    this.#dumped = undefined;
    const others = [...this.sets.keys()].filter((name) => name !== set).sort();
    for (const old of others.reverse().slice(keep - 1)) this.sets.delete(old);
    return ok("12\n");
  }

  #restore(set: string, writers: readonly Writer[]): Finished {
    this.#alone(`restored ${set}`, writers);
    this.data = structuredClone(this.sets.get(set) ?? this.data);
    this.restored.push(set);
    return ok();
  }

  #alembic({ argv, env = {} }: Command, image: string, writers: readonly Writer[]): Finished {
    const known = this.#behaviour.revisions(image);
    const [, verb, revision = ""] = argv;
    if (verb === "heads") return ok(`${known.at(-1)} (head)\n`);
    if (verb === "history") {
      const lines = known.map(
        (each, at) =>
          `${known[at - 1] ?? "<base>"} -> ${each}${at === known.length - 1 ? " (head)" : ""}, made by a test`,
      );
      return ok(`${lines.reverse().join("\n")}\n`);
    }
    const refused = (which: string) => ({
      exitCode: 255,
      output: `FAILED: Can't locate revision identified by '${which}'\n`,
    });
    if (verb === "show") return known.includes(revision) ? ok(`Rev: ${revision}\n`) : refused(revision);
    const live = !Object.values(env).some((value) => value.includes("rehearsal"));
    const data = live ? this.data : this.copy;
    if (data === undefined) return { exitCode: 1, output: "FAILED: there is no copy\n" };
    for (const each of [data.revision ?? revision, revision]) if (!known.includes(each)) return refused(each);
    if (live && (verb === "downgrade" || this.#behaviour.oneWriter)) this.#alone(`ran alembic ${verb}`, writers);
    if (verb === "upgrade" && this.#behaviour.brokenMigration.has(image))
      return { exitCode: 1, output: "FAILED: no such table\n" };
    // To an ancestor it has nothing to do.
    const ahead = data.revision !== undefined && known.indexOf(data.revision) >= known.indexOf(revision);
    if (verb === "downgrade" || !ahead) data.revision = revision;
    return ok("INFO Migrated 1000 agent(s) to FREE tier\n");
  }

  #alone(what: string, writers: readonly Writer[]): void {
    const [first] = writers;
    if (first !== undefined) this.problems.push(`${what} under a running writer: ${first.name}`);
  }

  #questions(data: Data | undefined, questions: readonly string[]): Finished {
    const answers: string[] = [];
    for (const question of questions) {
      const mark = /^(?:\.print "(.*)"|\\echo (.*))$/.exec(question);
      if (mark !== null) answers.push(mark[1] ?? mark[2] ?? "");
      else if (question === "SELECT version_num FROM alembic_version") {
        if (data?.revision === undefined)
          return { exitCode: 1, output: 'ERROR:  relation "alembic_version" does not exist\n' };
        answers.push(data.revision);
      } else if (question === "PRAGMA integrity_check") answers.push("ok");
      else if (/ FROM (sqlite_master|pg_extension)\b/.test(question))
        answers.push(`table at ${data?.revision}`, ...this.byHand);
      else if (question === "SET search_path = ''") continue;
      else {
        const answer = this.answers.get(question);
        if (answer === undefined) throw new Error(`the double does not know this question: ${question}`);
        answers.push(answer);
      }
    }
    return ok(answers.map((answer) => `${answer}\n`).join(""));
  }

  /** What a workload of this image answers; undefined image: nobody listens. */
  answer(path: string, image: string | undefined): Finished {
    if (image === undefined || this.#behaviour.unhealthy.has(image))
      return { exitCode: 7, output: "curl: (7) Failed to connect\n\n000" };
    const failing = this.#behaviour.failingPaths.has(path) || (path === "/probe" && this.#behaviour.wrong.has(image));
    const body = canonical({ status: failing ? "broken" : "healthy" });
    return ok(`${body}\n${failing ? 500 : 200}`);
  }

  /** The product's own validation suite, run against this image; it shows what it was given. */
  validate(image: string | undefined): Finished {
    const output = "session creation: 12 ms with the-secret-value\n";
    return image === undefined || this.#behaviour.wrong.has(image)
      ? { exitCode: 3, output: `${output}1 of 21 checks failed\n` }
      : ok(`${output}21 of 21 checks passed\n`);
  }

  isUnhealthy(image: string): boolean {
    return this.#behaviour.unhealthy.has(image);
  }

  check(image: string): Finished {
    return this.#behaviour.unchecked.has(image) ? { exitCode: 1, output: "no broker\n" } : ok("checked\n");
  }
}
