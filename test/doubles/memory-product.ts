import type { Command, Finished } from "../../components/steps/runner.ts";
import { canonical } from "../../components/steps/step.ts";

/** What the product's data are to these tests: a schema revision, and every write that a user was told is kept. */
export interface Data {
  revision: string | undefined;
  writes: number[];
}

export interface Behaviour {
  /** The revisions that the images' Alembic knows. */
  readonly revisions: readonly string[];
  /** Images whose workload never answers its health path. */
  readonly unhealthy: ReadonlySet<string>;
  /** An image whose migration fails. */
  readonly brokenMigration: string;
  /** Paths whose probes fail, e.g. after an edge broke. */
  readonly failingPaths: ReadonlySet<string>;
}

/** A workload that runs while a command does. */
export interface Writer {
  readonly image: string;
  readonly aliases: readonly string[];
}

/**
 * Stands for the product's data, its backup sets and the commands of its images. A database is no more than its revision and the writes it
 * holds, a set is a copy of it. Commands are told by the text of the real builders (take and restore a set, alembic, sqlite3, curl); what
 * those scripts do to real files is the live tests'. What no step may ever do (restore or migrate beside a writer) is noted in `problems`.
 */
export class MemoryProduct {
  readonly sets = new Map<string, Data>();
  readonly restored: string[] = [];
  readonly problems: string[] = [];
  data: Data = { revision: undefined, writes: [] };
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
  }

  run(command: Command, image: string, running: readonly Writer[]): Finished {
    const script = command.argv.join(" ");
    const taken = /part='\/backup\/sets\/([^']+)\.part'/.exec(script)?.[1];
    if (taken !== undefined) return this.#take(taken, Number(/tail -n \+(\d+)/.exec(script)?.[1]));
    const restored = /cd '\/backup\/sets\/([^']+)'/.exec(script)?.[1];
    if (restored !== undefined) return this.#restore(restored, running);
    if (script.startsWith("alembic")) return this.#alembic(command.argv, image, running);
    // No revision stands for no database.
    if (script.startsWith("test -f")) return { exitCode: this.data.revision === undefined ? 1 : 0, output: "" };
    if (script.startsWith("sqlite3")) return this.#sqlite(command.argv.slice(2));
    const config = command.env?.["SLIPWAY_CURL"];
    if (config !== undefined) return this.#curl(config, running);
    throw new Error(`the double does not know this command: ${script}`);
  }

  #take(set: string, keep: number): Finished {
    this.sets.set(set, structuredClone(this.data));
    const others = [...this.sets.keys()].filter((name) => name !== set).sort();
    for (const old of others.reverse().slice(keep - 1)) this.sets.delete(old);
    return { exitCode: 0, output: "12\n" };
  }

  #restore(set: string, running: readonly Writer[]): Finished {
    const kept = this.sets.get(set);
    if (kept === undefined) return { exitCode: 1, output: `sh: cd: can't cd to /backup/sets/${set}\n` };
    if (running.length > 0) this.problems.push(`restored ${set} under a running writer`);
    this.data = structuredClone(kept);
    this.restored.push(set);
    return { exitCode: 0, output: "" };
  }

  #alembic(argv: readonly string[], image: string, running: readonly Writer[]): Finished {
    const { revision } = this.data;
    if (revision !== undefined && !this.#behaviour.revisions.includes(revision)) {
      return { exitCode: 255, output: `FAILED: Can't locate revision identified by '${revision}'\n` };
    }
    if (argv[1] === "current") return { exitCode: 0, output: revision === undefined ? "" : `${revision} (head)\n` };
    if (running.length > 0) this.problems.push("migrated under a running writer");
    if (image === this.#behaviour.brokenMigration) return { exitCode: 1, output: "FAILED: no such table\n" };
    this.data.revision = argv[2];
    return { exitCode: 0, output: "INFO Migrated 1000 agent(s) to FREE tier\n" };
  }

  #sqlite(questions: readonly string[]): Finished {
    const answers = questions.map((question) => /^\.print "(.*)"$/.exec(question)?.[1] ?? this.#answer(question));
    return { exitCode: 0, output: answers.map((answer) => `${answer}\n`).join("") };
  }

  #answer(question: string): string {
    if (question === "PRAGMA integrity_check") return "ok";
    if (question === "SELECT version_num FROM alembic_version") return this.data.revision ?? "";
    throw new Error(`the double does not know this question: ${question}`);
  }

  #curl(config: string, running: readonly Writer[]): Finished {
    const url = new URL(/url = "([^"]+)"/.exec(config)?.[1] ?? "");
    const alias = url.hostname.endsWith("localhost") ? "app" : url.hostname;
    const answering = running.find(({ aliases }) => aliases.includes(alias));
    if (answering === undefined || this.#behaviour.unhealthy.has(answering.image)) {
      return { exitCode: 7, output: "curl: (7) Failed to connect\n\n000" };
    }
    const failing = this.#behaviour.failingPaths.has(url.pathname);
    const body = canonical({ status: failing ? "broken" : "healthy" });
    return { exitCode: 0, output: `${body}\n${failing ? 500 : 200}` };
  }
}
