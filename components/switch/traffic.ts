import { candidateBackend, slotPrefix, unsetName } from "./names.ts";

/** Which containers each backend's requests go to, by their aliases; none means that requests are held. */
export type Traffic = Readonly<Record<string, readonly string[]>>;

/** One server of HAProxy, from `show servers state`. */
export interface Slot {
  readonly backend: string;
  readonly name: string;
  /** The alias it points at. */
  readonly alias: string;
  /** Undefined until the engine's name service answered. */
  readonly address: string | undefined;
  readonly state: "ready" | "drain" | "maint";
  /** Only where the switch asks whether a replica is ready: whether it found so. An open slot that is not gets no request. */
  readonly up?: boolean;
}

/**
 * What a slot has between two names: nobody listens there. (m) HAProxy keeps the old name's address, and shows it, until the new name is
 * found some tenths of a second later; a slot that is opened meanwhile sends requests to whoever has that address by then.
 */
const nowhere = "127.0.0.9";
const forcedMaintenance = 0x01;
const forcedDrain = 0x08;
/** `srv_check_state`: the server has a check. */
const hasCheck = 0x02;

/** Reads `show servers state`; servers that are no slots are left out: those that hold requests, and the edge that is asked for its numbers. Columns as in HAProxy's management guide, version 1. */
export function parseServers(output: string): readonly Slot[] {
  return output
    .split("\n")
    .map((line) => line.trim().split(" "))
    .filter((fields) => fields.length >= 19 && /^\d+$/.test(fields[0] ?? "") && isSlot(fields[3]))
    .map((fields) => {
      const [, backend = "", , name = "", address = "-", , admin = "0"] = fields;
      const flags = Number(admin);
      const state = flags & forcedMaintenance ? "maint" : flags & forcedDrain ? "drain" : "ready";
      const known = address !== "-" && address !== nowhere;
      const up = Number(fields[13]) & hasCheck ? { up: fields[5] !== "0" } : {};
      return { backend, name, alias: fields[17] ?? "", address: known ? address : undefined, state, ...up };
    });
}

function isSlot(name = ""): boolean {
  return name.startsWith(slotPrefix);
}

/** Requests in flight by `backend/server`, from `show stat`. */
export function parseSessions(csv: string): ReadonlyMap<string, number> {
  const rows = csv.split("\n").map((line) => line.split(","));
  return new Map(rows.map(([backend, server, , , current]) => [`${backend}/${server}`, Number(current)]));
}

/** Commands that point free slots at aliases which have none yet; they stay closed to requests. */
export function assignments(slots: readonly Slot[], wanted: Traffic): readonly string[] {
  return Object.entries(wanted).flatMap(([backend, aliases]) => {
    const own = slots.filter((slot) => slot.backend === backend);
    const missing = aliases.filter((alias) => !own.some((slot) => slot.alias === alias));
    const free = own.filter((slot) => slot.state === "maint" && !aliases.includes(slot.alias));
    if (free.length < missing.length) {
      throw new Error(`backend ${backend} has ${free.length} free slots, ${missing.length} are needed`);
    }
    return missing.flatMap((alias, place) => {
      const slot = free[place];
      const server = `set server ${backend}/${slot?.name}`;
      // One that never had an address takes none, and needs none.
      return [...(slot?.address === undefined ? [] : [`${server} addr ${nowhere}`]), `${server} fqdn ${alias}`];
    });
  });
}

/** Slots of wanted aliases that have no address yet. */
export function unresolved(slots: readonly Slot[], wanted: Traffic): readonly string[] {
  return Object.entries(wanted).flatMap(([backend, aliases]) =>
    aliases.filter(
      (alias) => !slots.some((slot) => slot.backend === backend && slot.alias === alias && slot.address !== undefined),
    ),
  );
}

/**
 * Commands that open wanted slots which the switch asks first. (m) HAProxy takes a server that was just enabled for ready, and finds out 0.1
 * to 0.5 s later that it is not: so it is told that it is not, and finds out within 1.1 s that it is.
 */
export function asking(slots: readonly Slot[], wanted: Traffic): readonly string[] {
  return slots
    .filter((slot) => slot.up !== undefined && slot.state !== "ready" && wanted[slot.backend]?.includes(slot.alias))
    .flatMap((slot) => [command(slot, "ready"), `set server ${slot.backend}/${slot.name} health down`]);
}

/** Slots that were opened and have not shown yet that they are ready. */
export function unready(slots: readonly Slot[], wanted: Traffic): readonly Slot[] {
  return slots.filter((slot) => slot.up === false && wanted[slot.backend]?.includes(slot.alias));
}

/**
 * Commands that send requests where they are wanted: first every wanted slot is opened, then the others are closed one by one, so that no
 * moment has fewer open slots than before or after. What is in flight on a drained slot goes on; `maint` is for those that nobody used.
 */
export function switching(
  slots: readonly Slot[],
  wanted: Traffic,
  close: Exclude<Slot["state"], "ready"> = "drain",
): readonly string[] {
  const own = slots.filter((slot) => Object.hasOwn(wanted, slot.backend));
  const isWanted = (slot: Slot) => wanted[slot.backend]?.includes(slot.alias) ?? false;
  return [
    ...own.filter((slot) => isWanted(slot) && slot.state !== "ready").map((slot) => command(slot, "ready")),
    ...own.filter((slot) => !isWanted(slot) && slot.state === "ready").map((slot) => command(slot, close)),
  ];
}

/**
 * Commands that close what no user reaches and take its name away: drained slots, once their containers have stopped, and all of the candidates'
 * own. (m) Two slots of one name share HAProxy's one answer for it: a slot that gets a name which another still has is never told an address.
 */
export function freeing(slots: readonly Slot[], backends: readonly string[]): readonly string[] {
  const candidates = backends.map(candidateBackend);
  return slots
    .filter(
      ({ backend, state, alias }) =>
        alias !== unsetName && (candidates.includes(backend) || (backends.includes(backend) && state !== "ready")),
    )
    .flatMap((slot) => [
      ...(slot.state === "maint" ? [] : [command(slot, "maint")]),
      `set server ${slot.backend}/${slot.name} fqdn ${unsetName}`,
    ]);
}

function command(slot: Slot, state: Slot["state"]): string {
  return `set server ${slot.backend}/${slot.name} state ${state}`;
}
