import { label } from "../../components/container/spec.ts";
import { differences } from "../../components/container/upkeep.ts";
import { changedFiles } from "../../components/files/spec.ts";
import { tableOf } from "../../components/firewall/rules.ts";
import { handChanges } from "../../components/rollout/keep-up.ts";
import { schemaDrift } from "../../components/rollout/schema-drift.ts";
import { knownContainers } from "../../components/steps/journal.ts";
import type { Host } from "./host.ts";
import type { State, StateVolume } from "./state.ts";

/** One thing that is other than the last `up` left it. */
export interface Drift {
  readonly kind: "container" | "network" | "volume" | "file" | "firewall" | "schema" | "release";
  /** As Docker or the product calls it. */
  readonly name: string;
  readonly was: string;
  readonly is: string;
  /** The command, or what to do, that mends it. */
  readonly mend: string;
}

/** Compares what the last `up` left with what is there; pure. */
export function judge(stack: string, state: State, host: Host): readonly Drift[] {
  const up = `npm start -- --stack ${stack}`;
  return [
    ...partDrift(state, host, up),
    ...workloadDrift(state, host, up),
    ...strayDrift(state, host, up),
    ...networkDrift(state, host, up),
    ...volumeDrift(state, host, up),
    ...fileDrift(state, host, up),
    ...firewallDrift(stack, host, up),
    ...schemaOf(stack, host),
    ...releaseDrift(host, up),
  ];
}

function partDrift(state: State, host: Host, mend: string): readonly Drift[] {
  return state.parts.flatMap(({ id, name }): readonly Drift[] => {
    const found = host.containers.find((each) => each.id === id);
    if (found === undefined) {
      const other = host.containers.find((each) => each.name === name);
      const is = other === undefined ? "missing" : `replaced by hand: container ${other.id.slice(0, 12)}`;
      return [{ kind: "container", name, was: `container ${id.slice(0, 12)}`, is, mend }];
    }
    const made = state.limits.find(({ container }) => container === id);
    const renamed = found.name === name ? [] : [{ what: "name", was: name, is: found.name }];
    return [...renamed, ...(made === undefined ? [] : differences(made, found))].map(({ what, was, is }) => ({
      kind: "container",
      name,
      was: `${what} ${was}`,
      is: `${what} ${is}`,
      mend: what === "name" ? `docker rename ${found.name} ${name}` : mend,
    }));
  });
}

function workloadDrift({ rollout }: State, host: Host, mend: string): readonly Drift[] {
  const { serving } = host.journal;
  const gone = (serving?.replicas ?? []).flatMap(({ id, alias }): readonly Drift[] => {
    const found = host.containers.find((each) => each.id === id);
    if (found?.running === true) return [];
    return [{ kind: "container", name: alias, was: "running", is: found === undefined ? "missing" : "stopped", mend }];
  });
  const changed = handChanges(rollout?.workloads ?? [], serving, (id) =>
    host.containers.find((each) => each.id === id),
  );
  return [
    ...gone,
    ...changed.map(({ alias, what, was, is }) => ({
      kind: "container" as const,
      name: alias,
      was: `${what} ${was}`,
      is: `${what} ${is}`,
      mend,
    })),
  ];
}

/** Those of a step at work are there for a moment. */
const passing = new Set(["session", "files", "lease"]);

function strayDrift(state: State, host: Host, mend: string): readonly Drift[] {
  return strays(state, host).map(({ name }) => ({
    kind: "container",
    name,
    was: "no such container of the stack",
    is: "stray: it carries the stack's label and is of no release",
    mend,
  }));
}

/**
 * Containers with the stack's label that are in no state and no release; sessions, leases and what an open release has made come and go, and are
 * none.
 */
export function strays(state: State, { containers, journal }: Pick<Host, "containers" | "journal">) {
  const known = new Set([...state.parts.map(({ id }) => id), ...knownContainers(journal)]);
  const ofOpen = journal.open?.release;
  return containers.filter(
    ({ id, labels }) =>
      !known.has(id) &&
      !passing.has(labels[label.role] ?? "") &&
      (ofOpen === undefined || labels[label.release] !== ofOpen),
  );
}

function networkDrift(state: State, host: Host, mend: string): readonly Drift[] {
  return state.networks.flatMap(({ id, name, internal }): readonly Drift[] => {
    const found = host.networks.find((each) => each.id === id);
    const other = host.networks.find((each) => each.name === name && each.id !== id);
    if (found === undefined) {
      const way = (open: boolean) => (open ? "internal" : "with a way out");
      const is =
        other === undefined ? "missing" : `replaced by hand: network ${other.id.slice(0, 12)}, ${way(other.internal)}`;
      return [{ kind: "network", name, was: `network ${id.slice(0, 12)}, ${way(internal)}`, is, mend }];
    }
    return found.foreign.map((container) => ({
      kind: "network",
      name,
      was: "the stack's own containers alone",
      is: `the container ${container}, which is not the stack's, is on it`,
      mend: `docker network disconnect --force ${name} ${container}`,
    }));
  });
}

function volumeDrift(state: State, host: Host, up: string): readonly Drift[] {
  return state.volumes.flatMap((volume): readonly Drift[] => {
    const found = host.volumes.find(({ name }) => name === volume.name);
    const other = found && Object.entries(volume.labels).some(([name, value]) => found.labels[name] !== value);
    if (found !== undefined && other !== true) return [];
    const is = found === undefined ? "missing" : "another volume of that name: it has not the stack's labels";
    const mend = volume.data ? lostData(volume, up) : up;
    return [{ kind: "volume", name: volume.name, was: volume.data ? "there, with data" : "there", is, mend }];
  });
}

/** Nothing makes an empty volume in the place of lost data by itself: a database that starts empty would pass for a healthy one. */
export function lostData({ name, labels }: StateVolume, up: string): string {
  const words = Object.entries(labels).map(([label, value]) => `--label ${label}=${value}`);
  return `its data are gone: \`docker volume create ${[...words, name].join(" ")}\` makes an empty one, \`${up}\` starts on it, then restore a backup set`;
}

function fileDrift(state: State, host: Host, mend: string): readonly Drift[] {
  return state.files.flatMap(({ volume, entries }) => {
    const found = host.files.get(volume);
    if (found === undefined) return [];
    return changedFiles(entries, found).map(({ path, is }): Drift => {
      const name = `${path} on volume ${volume}`;
      return {
        kind: "file",
        name,
        was: "as it was written",
        is: is === "missing" ? "missing" : "changed by hand",
        mend,
      };
    });
  });
}

function firewallDrift(stack: string, { firewall }: Host, mend: string): readonly Drift[] {
  if (firewall.length === 0) return [];
  const name = `table inet ${tableOf(stack)}`;
  return [{ kind: "firewall", name, was: "the rules of the last up", is: firewall.join("; "), mend }];
}

function schemaOf(stack: string, { recorded, schema }: Host): readonly Drift[] {
  const found = schemaDrift(recorded, schema, stack);
  return found === undefined
    ? []
    : [{ kind: "schema", name: found.what, was: found.was, is: found.is, mend: found.mend }];
}

function releaseDrift({ journal, lease }: Host, mend: string): readonly Drift[] {
  const { open, undone, bake, serving } = journal;
  const one = (name: string, is: string): Drift => ({ kind: "release", name, was: "committed", is, mend });
  return [
    ...(lease === undefined ? [] : [{ ...one("the host", lease), was: "at rest" }]),
    ...(open === undefined ? [] : [one(`release ${open.release}`, `open at its phase "${open.phase}"`)]),
    ...(undone === undefined ? [] : [one(`release ${undone.release}`, `undone: ${undone.why}`)]),
    ...(bake === undefined ? [] : [one(`release ${bake.release}`, "its bake time was cut off")]),
    ...(serving === undefined ? [{ ...one("the stack", "no release serves"), was: "a release serves" }] : []),
  ];
}
