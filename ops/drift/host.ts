import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { firewallDeviation } from "../../components/firewall/ask.ts";
import { type FoundSchema, findSchema } from "../../components/rollout/schema-drift.ts";
import { readSchemaRecord, type SchemaRecord } from "../../components/rollout/schema-record.ts";
import { statusOf } from "../../components/steps/docker-runner.ts";
import { emptyJournal, type Journal, watchJournal } from "../../components/steps/journal.ts";
import { findLease, heldMessage } from "../../components/steps/lease.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { type Found, findStack } from "../../infra/preflight/found.ts";
import type { State } from "./state.ts";

export interface FoundNetwork {
  readonly id: string;
  readonly name: string;
  readonly internal: boolean;
  /** Containers on it that are not the stack's own. */
  readonly foreign: readonly string[];
}

/** The host as it is, read without a change to it: nothing is started, and what is asked is asked in containers that run. */
export interface Host extends Found {
  readonly networks: readonly FoundNetwork[];
  readonly volumes: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly journal: Journal;
  readonly recorded: SchemaRecord | undefined;
  readonly schema: FoundSchema | undefined;
  /** What is other than the firewall's confirmed rules, in lines. */
  readonly firewall: readonly string[];
  /** Who holds the stack's lease, in words. */
  readonly lease: string | undefined;
}

/** Everything that drift is judged by, asked side by side; reads alone. */
export async function findHost(engine: Docker, runner: Runner, stack: string, state: State): Promise<Host> {
  const place = { stack, system: "" };
  const [found, networks, volumes, lease, firewall] = await Promise.all([
    findStack(engine, stack),
    findNetworks(engine, stack, state),
    findVolumes(engine, state),
    findLease(runner, place),
    firewallDeviation(runner, stack),
  ]);
  const reader = found.containers.find(({ labels }) => labels[label.part] === "switch")?.id;
  const journal = reader === undefined ? emptyJournal : await watchJournal(runner, reader);
  const looked = state.rollout && {
    database: state.rollout.data.database,
    revisionSql: state.rollout.schema.revisionSql,
  };
  return {
    ...found,
    networks,
    volumes,
    firewall,
    journal,
    recorded: reader === undefined ? undefined : await readSchemaRecord(runner, reader),
    schema: looked && (await findSchema(runner, place, looked, journal.serving)),
    lease: lease && heldMessage(lease),
  };
}

/** The state's networks, and those that have the name of one. */
export async function findNetworks(engine: Docker, stack: string, state: State): Promise<readonly FoundNetwork[]> {
  const names = new Set(state.networks.map(({ name }) => name));
  const [listed, containers] = await Promise.all([engine.listNetworks(), engine.listContainers()]);
  const own = new Set(containers.filter(({ Labels }) => Labels[label.stack] === stack).map(({ Id }) => Id));
  const found = await Promise.all(
    listed.filter(({ Name }) => names.has(Name)).map(({ Id }) => engine.getNetwork(Id).inspect()),
  );
  return found.map(({ Id, Name, Internal, Containers }) => ({
    id: Id,
    name: Name,
    internal: Internal === true,
    foreign: Object.entries<{ Name: string }>(Containers ?? {})
      .filter(([id]) => !own.has(id))
      .map(([, { Name: name }]) => name)
      .sort(),
  }));
}

/** Those of the state that exist, with their labels; one that is missing is left out. */
export async function findVolumes(engine: Docker, state: State): Promise<Host["volumes"]> {
  const found = state.volumes.map(async ({ name }) => {
    try {
      const { Labels } = await engine.getVolume(name).inspect();
      return [{ name, labels: Labels ?? {} }];
    } catch (error) {
      if (statusOf(error) === 404) return [];
      throw error;
    }
  });
  return (await Promise.all(found)).flat();
}
