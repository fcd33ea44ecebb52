import { take, withData } from "../backup/sets.ts";
import { label } from "../container/spec.ts";
import { migrate } from "../migration/migrate.ts";
import { dockerRunner } from "../steps/docker-runner.ts";
import { indent, lastLines, messageOf, redact, StepFailure } from "../steps/failure.ts";
import type { Journal, Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Observed } from "../steps/runner.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { observeServing } from "./observe.ts";
import { knownReleases, type Phase, planStopFirst } from "./plan.ts";
import { awaitReady } from "./ready.ts";
import { finish, mendOpen, recovered, stopKept } from "./recover.ts";
import {
  candidate,
  candidateAlias,
  definitionOf,
  networksOf,
  type RolloutInputs,
  type RolloutOutputs,
  releaseId,
} from "./spec.ts";

/** Owns the workload's containers: see README, "How a release happens". Stop-first: one writer at a time. */
const step: Step<RolloutInputs, RolloutOutputs> = {
  changed(before, wanted) {
    const changed = changedInputs(before, wanted, ["deviation"]);
    // A deviation that is gone is no reason to run: the run that mended it was the last one.
    return wanted["deviation"] === "" ? changed : [...changed, "deviation"];
  },
  async reconcile(inputs) {
    try {
      return await recovered(dockerRunner(inputs.host), inputs.place, inputs.data, "rollout", (lease) =>
        release(lease, inputs),
      );
    } catch (error) {
      throw new StepFailure(redact(messageOf(error), secretsOf(inputs)));
    }
  },
  async remove({ host, place }) {
    const runner = dockerRunner(host);
    const containers = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
    await Promise.all(
      containers.map(async (container) => {
        await runner.stop(container.id, 30);
        await runner.remove(container.id);
      }),
    );
  },
};

async function release(lease: Lease, inputs: RolloutInputs): Promise<RolloutOutputs> {
  const serving = await observeServing(lease, inputs);
  const phases = planStopFirst(serving, { definition: definition(inputs), revision: inputs.revision });
  const current = serving?.release;
  await stopKept(lease);
  if (phases.length === 0 && current !== undefined) {
    // Somebody went back to what serves: the release that was undone is no longer wanted.
    const { undone: _, ...journal } = lease.journal;
    await lease.save(journal);
    await reapStrays(lease);
    return { release: current.id, migrated: "nothing to migrate", gapSeconds: 0 };
  }
  const run = new Run(lease, inputs, current);
  for (const phase of phases) await run.phase(phase);
  const facts = run.facts();
  await reapStrays(lease);
  return facts;
}

/** One release in progress: the phases by name, each leaving in the journal what its undo needs. */
class Run {
  readonly #lease: Lease;
  readonly #inputs: RolloutInputs;
  readonly #old: Release | undefined;
  readonly #id = releaseId(new Date());
  readonly #started = performance.now();
  #container = "";
  #set = "";
  #migrated = "";

  constructor(lease: Lease, inputs: RolloutInputs, old: Release | undefined) {
    this.#lease = lease;
    this.#inputs = inputs;
    this.#old = old;
  }

  async phase(phase: Phase): Promise<void> {
    try {
      await this.#lease.check();
      await this.#phases[phase]();
    } catch (error) {
      const problem = `phase "${phase}": ${messageOf(error)}${await this.#log()}`;
      throw new StepFailure(`${problem}\n${await this.#end()}`);
    }
  }

  facts(): RolloutOutputs {
    const gapSeconds = this.#old === undefined ? 0 : Math.round(performance.now() - this.#started) / 1000;
    return { release: this.#id, migrated: this.#migrated, gapSeconds };
  }

  readonly #phases: Record<Phase, () => Promise<void>> = {
    stop: async () => {
      await this.#open({ dataTouched: false });
      // Of no release, but maybe a writer: a lost journal must not make two.
      for (const stray of await strays(this.#lease)) await this.#lease.runner.stop(stray.id, this.#grace());
      if (this.#old === undefined) return;
      // Kept stopped: with its restart policy left, a Docker restart would revive a second writer.
      await this.#lease.runner.setRestart(this.#old.container, "no");
      await this.#lease.runner.stop(this.#old.container, this.#grace());
    },
    "back-up": async () => {
      this.#set = (await take(this.#lease.runner, this.#lease.place, this.#inputs.data, "release")).set;
      await this.#open({ dataTouched: true, set: this.#set });
    },
    migrate: async () => {
      const { data, schema } = this.#inputs;
      const done = await withData(this.#lease.runner, this.#lease.place, "migration", data, (session) =>
        migrate(session, schema, data.database.file),
      );
      this.#migrated = done.report;
    },
    start: async () => {
      this.#container = await this.#lease.runner.create(candidate(this.#inputs, this.#id));
      await this.#lease.runner.start(this.#container);
    },
    ready: () => awaitReady(this.#lease, this.#inputs, this.#id),
    "cut-over": async () => {
      const { app, revision } = this.#inputs;
      const release: Release = { id: this.#id, container: this.#container, image: app.image, revision };
      const own = candidateAlias(app, this.#id);
      const networks = networksOf(app).map(({ name, aliases }) => ({ name, aliases: [...aliases, own] }));
      const ready = { release, networks, restart: app.restart };
      await this.#open({ dataTouched: true, set: this.#set, ready });
      await finish(this.#lease, ready);
    },
  };

  #grace(): number {
    return this.#inputs.app.stopGraceSeconds;
  }

  async #open(open: Omit<NonNullable<Journal["open"]>, "release" | "from">): Promise<void> {
    const from = this.#old === undefined ? {} : { from: this.#old };
    await this.#lease.save({ ...this.#lease.journal, open: { release: this.#id, ...from, ...open } });
  }

  /** The candidate's own words; what they cannot tell must not keep the undo from happening. */
  async #log(): Promise<string> {
    if (this.#container === "") return "";
    try {
      const lines = redact(await this.#lease.runner.logs(this.#container, 30), secretsOf(this.#inputs));
      return `\nthe last lines of the new release's log:\n${indent(lastLines(lines))}`;
    } catch (error) {
      return `\nthe new release's log cannot be read: ${messageOf(error)}`;
    }
  }

  /** Ends what this run began and says how. What cannot be ended now stays in the journal, for the next command to mend. */
  async #end(): Promise<string> {
    try {
      const how = await mendOpen(this.#lease, this.#inputs.data);
      if (how === "finished")
        return `Release ${this.#id} was ready and serves; run the same command again to prove it.`;
    } catch (error) {
      return `The undo failed too (${messageOf(error)}); the journal keeps it open: run the same command again to mend it.`;
    }
    return this.#old === undefined
      ? "It was the first release: its container was removed, the data are as before."
      : `Undone: release ${this.#old.id} serves again, the data are as before.`;
  }
}

async function strays(lease: Lease): Promise<readonly Observed[]> {
  const known = knownReleases(lease.journal);
  const workloads = await lease.runner.list({ [label.stack]: lease.place.stack, [label.role]: "workload" });
  return workloads.filter((container) => !known.has(container.labels[label.release] ?? ""));
}

async function reapStrays(lease: Lease): Promise<void> {
  await Promise.all((await strays(lease)).map((container) => lease.runner.remove(container.id)));
}

function definition(inputs: RolloutInputs): string {
  return definitionOf(inputs.app, Object.keys(inputs.secretEnv));
}

function secretsOf(inputs: RolloutInputs): readonly string[] {
  return Object.values(inputs.secretEnv).flatMap((value) => [value, ...passwordIn(value)]);
}

/** A store's URL carries a password, which a log may show alone. */
function passwordIn(value: string): readonly string[] {
  const password = URL.canParse(value) ? new URL(value).password : "";
  return password === "" ? [] : [password, decodeURIComponent(password)];
}

export default step;
