import { takeWith } from "../backup/sets.ts";
import type { Way } from "../migration/way.ts";
import { messageOf, redact, StepFailure } from "../steps/failure.ts";
import type { Open, Release, Replica } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Session } from "../steps/session.ts";
import { Control } from "../switch/control.ts";
import { type Asking, probeCandidates } from "./gate.ts";
import { overHold } from "./hold-budget.ts";
import { lastWords } from "./last-words.ts";
import { strays } from "./observe.ts";
import type { Phase, Plan } from "./plan.ts";
import { awaitReady } from "./ready.ts";
import { type Means, mendOpen, stopKept, switchOver } from "./recover.ts";
import { secretsOf } from "./redact.ts";
import { changeSchema } from "./schema-change.ts";
import { settleRecorded } from "./schema-record.ts";
import {
  accessOf,
  candidate,
  type RolloutInputs,
  type RolloutOutputs,
  releaseDefinition,
  releaseId,
  replicaOf,
  trafficOf,
  workloadName,
} from "./spec.ts";

const strayGraceSeconds = 10;

/** Opened before anything is held: making a container while users wait would cost them a second. */
export interface Sessions {
  readonly data: Session;
  readonly asking: Asking;
}

/** What a release's phases have found out so far. */
interface Facts {
  readonly id: string;
  readonly created: readonly Replica[];
  readonly migrated: string;
  readonly warnings: readonly string[];
  /** Milliseconds of `performance.now()`. */
  readonly heldAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly readyAt: number | undefined;
  readonly heldSeconds: number;
  readonly seconds: Readonly<Partial<Record<Phase, number>>>;
}

/** One release in progress: the phases by name, each leaving in the journal what its end needs. */
export class Run {
  readonly #lease: Lease;
  readonly #sessions: Sessions;
  readonly #inputs: RolloutInputs;
  readonly #plan: Plan;
  readonly #way: Way;
  readonly #old: Release | undefined;
  #ready: Release | undefined;
  #facts: Facts = {
    id: releaseId(new Date()),
    created: [],
    migrated: "nothing to migrate",
    warnings: [],
    heldAt: undefined,
    startedAt: undefined,
    readyAt: undefined,
    heldSeconds: 0,
    seconds: {},
  };

  constructor(
    lease: Lease,
    sessions: Sessions,
    inputs: RolloutInputs,
    { plan, way, old }: { readonly plan: Plan; readonly way: Way; readonly old: Release | undefined },
  ) {
    this.#lease = lease;
    this.#sessions = sessions;
    this.#inputs = inputs;
    this.#plan = plan;
    this.#way = way;
    this.#old = old;
  }

  async phase(phase: Phase): Promise<void> {
    try {
      await this.#lease.check();
      const { open } = this.#lease.journal;
      await this.#open({ ...open, phase });
      const began = performance.now();
      await this.#phases[phase]();
      this.#note({ seconds: { ...this.#facts.seconds, [phase]: Math.round(performance.now() - began) / 1000 } });
    } catch (error) {
      const problem = `phase "${phase}": ${messageOf(error)}${await this.#words()}`;
      throw new StepFailure(`${problem}\n${await this.#end()}`);
    }
  }

  get id(): string {
    return this.#facts.id;
  }

  outputs(): RolloutOutputs {
    const { id, migrated, warnings, heldSeconds, seconds } = this.#facts;
    return { release: id, migrated, warnings, heldSeconds, seconds };
  }

  readonly #phases: Record<Phase, () => Promise<void>> = {
    hold: async () => {
      if (this.#old === undefined) return;
      this.#note({ heldAt: performance.now() });
      await this.#open({ phase: "hold", held: true });
      await this.#control().hold(Object.keys(this.#old.traffic));
    },
    stop: async () => {
      await stopKept(this.#lease, this.#plan.retire);
      // Of no release, but maybe a writer: a lost journal must not make two.
      for (const { id } of await strays(this.#lease)) await this.#lease.runner.stop(id, strayGraceSeconds);
    },
    "back-up": async () => {
      // Before the first release nobody wrote since the backup point.
      const set =
        this.#old === undefined
          ? this.#inputs.set
          : (await takeWith(this.#sessions.data, accessOf(this.#inputs), "release")).set;
      await this.#open({ phase: "back-up", held: true, set, back: { by: "restore", set } });
    },
    migrate: async () => {
      // In overlap nothing is held for a set of its own: the backup point is the one from before.
      const set = this.#lease.journal.open?.set ?? this.#inputs.set;
      await this.#open({ phase: "migrate", set, migratedBy: this.#inputs.data.image });
      this.#note({ migrated: await changeSchema(this.#lease, this.#sessions.data, this.#inputs, this.#way) });
      this.#assertHoldBudget();
    },
    create: async () => {
      for (const { workload, index } of this.#plan.create) await this.#create(workload, index);
    },
    start: async () => {
      this.#assertHoldBudget();
      this.#note({ startedAt: performance.now() });
      await Promise.all(this.#facts.created.map(({ id }) => this.#lease.runner.start(id)));
    },
    ready: async () => {
      await awaitReady(this.#lease, this.#sessions.asking.http, this.#inputs, this.#facts.created);
      this.#note({ readyAt: performance.now() });
    },
    probe: async () => {
      await probeCandidates(this.#lease, this.#sessions.asking, this.#inputs, this.#facts.created);
      this.#assertHoldBudget();
    },
    switch: async () => {
      const ready = this.#release();
      await this.#open({ ...this.#lease.journal.open, phase: "switch", ready });
      this.#ready = ready;
      await switchOver(this.#lease, ready, this.#old);
      const { heldAt } = this.#facts;
      if (heldAt !== undefined) this.#note({ heldSeconds: Math.round(performance.now() - heldAt) / 1000 });
    },
    drain: async () => {
      const backends = Object.keys(this.#ready?.traffic ?? {});
      const left = await this.#control().drained(backends, this.#inputs.times.drain);
      if (left === 0) return;
      const { drain } = this.#inputs.times;
      const warning = `${left} requests or streams were still open after the drain of ${drain} s and were closed`;
      this.#note({ warnings: [...this.#facts.warnings, warning] });
    },
    retire: () => stopKept(this.#lease, this.#plan.retire),
    commit: async () => {
      if (this.#ready !== undefined) await settleRecorded(this.#lease, this.#sessions.data, this.#inputs, this.#ready);
    },
  };

  async #create(workload: string, index: number): Promise<void> {
    const plan = this.#inputs.workloads.find((each) => workloadName(each) === workload);
    if (plan === undefined) throw new StepFailure(`workload ${workload} is not of this release`);
    const { id: madeBy } = this.#facts;
    const id = await this.#lease.runner.create(candidate(this.#inputs, plan, madeBy, index));
    const replica = replicaOf(plan, id, madeBy, index);
    this.#note({ created: [...this.#facts.created, replica] });
  }

  /** The wanted release as it will serve. */
  #release(): Release {
    const { data, schema, workloads, reads } = this.#inputs;
    const replicas = [...this.#plan.keep, ...this.#facts.created];
    const revision = this.#way.way === "keep" ? (this.#old?.revision ?? schema.target) : schema.target;
    return {
      id: this.#facts.id,
      image: data.image,
      revision,
      reads: [...reads],
      definition: releaseDefinition(this.#inputs),
      since: new Date().toISOString(),
      replicas,
      traffic: Object.fromEntries(
        Object.entries(trafficOf(workloads, replicas)).map(([name, all]) => [name, [...all]]),
      ),
    };
  }

  #assertHoldBudget(): void {
    // Whoever goes back by downgrade or restore asked for what that takes.
    if (this.#way.way === "downgrade" || this.#way.way === "restore") return;
    const { heldAt, startedAt, readyAt } = this.#facts;
    const problem = overHold({ heldAt, startedAt, readyAt, now: performance.now() }, this.#inputs.times.hold);
    if (problem !== undefined) throw new StepFailure(problem);
  }

  #control(): Control {
    return new Control(this.#lease.runner, this.#lease.place);
  }

  #means(): Means {
    const { mode, schema } = this.#inputs;
    return { mode, schema, access: accessOf(this.#inputs) };
  }

  #note(facts: Partial<Facts>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  async #open(open: Partial<Open> & Pick<Open, "phase">): Promise<void> {
    const begun = { held: false, ...this.#lease.journal.open, ...open, release: this.#facts.id };
    const from = this.#old === undefined ? {} : { from: this.#old };
    await this.#lease.save({ ...this.#lease.journal, open: { ...begun, ...from } });
  }

  async #words(): Promise<string> {
    return redact(await lastWords(this.#lease.runner, this.#facts.created), secretsOf(this.#inputs));
  }

  /** Ends what this run began and says how. What cannot be ended now stays in the journal, for the next command to mend. */
  async #end(): Promise<string> {
    try {
      const how = await mendOpen(this.#lease, this.#means());
      if (how === "finished")
        return `Release ${this.#facts.id} was ready and serves; run the same command again to prove it.`;
    } catch (error) {
      return `The undo failed too (${messageOf(error)}); the journal keeps it open: run the same command again to mend it.`;
    }
    // Beside a release that serves nothing is taken back: it works on the wider schema, and users wrote on.
    const stays = this.#facts.seconds.migrate !== undefined && !this.#plan.phases.includes("hold");
    const data = stays ? `the schema stays at ${this.#inputs.schema.target}` : "the data are as before";
    return this.#old === undefined
      ? `It was the first release: its containers were removed, ${data}.`
      : `Undone: release ${this.#old.id} serves again, ${data}.`;
  }
}
