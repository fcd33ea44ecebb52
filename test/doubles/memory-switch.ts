import { candidateBackend } from "../../components/switch/names.ts";
import { statePath } from "../../components/switch/spec.ts";

interface Slot {
  readonly name: string;
  fqdn: string;
  /** The last one that the name service gave; HAProxy keeps it when the name is no longer known. */
  address: string | undefined;
  named: boolean;
  /** Its name was set and is not found yet: requests would go to the address of the name before. */
  pending: boolean;
  maintenance: boolean;
  drain: boolean;
}

type Slots = Map<string, Slot[]>;

const flag = { maintenance: 0x01, config: 0x04, drain: 0x08, unresolved: 0x20, named: 0x40 };

/**
 * Stands for HAProxy as control.ts talks to it: backends of slots, `set server`, `show servers state`, `show stat`, and the state file that it
 * loads when it starts. It does not stand for connections, retries or the time that a name takes to be found.
 */
export class MemorySwitch {
  /** Requests in flight by `backend/slot`, for `show stat`. */
  readonly inFlight = new Map<string, number>();
  /** Called after every single command, because a request may come between two. */
  onCommand: () => void = () => undefined;
  readonly #find: (alias: string) => string | undefined;
  readonly #users: readonly string[];
  #slots: Slots;
  #saved: Slots | undefined;

  constructor(backends: readonly string[], slots: number, find: (alias: string) => string | undefined) {
    this.#find = find;
    this.#users = backends;
    const all = [...backends, ...backends.map(candidateBackend)];
    this.#slots = new Map(all.map((name) => [name, Array.from({ length: slots }, (_, at) => unset(at + 1))]));
  }

  /** Backends that users reach. */
  get users(): readonly string[] {
    return this.#users;
  }

  /** Aliases that a backend's new requests may go to. */
  open(backend: string): readonly string[] {
    return this.#of(backend)
      .filter((slot) => !slot.maintenance && !slot.drain)
      .map(({ fqdn }) => fqdn);
  }

  /** Slots that are open while their name is not found yet. */
  astray(): readonly string[] {
    return [...this.#slots].flatMap(([backend, slots]) =>
      slots
        .filter((slot) => !slot.maintenance && !slot.drain && slot.address !== this.#find(slot.fqdn))
        .filter((slot) => this.#find(slot.fqdn) !== undefined)
        .map(({ name }) => `${backend}/${name}`),
    );
  }

  /** Killed and started again: only the state file is left. */
  restart(): void {
    this.#slots =
      this.#saved ?? new Map([...this.#slots].map(([name, all]) => [name, all.map((_, at) => unset(at + 1))]));
  }

  /** Lets go by itself what is held for a while; undefined while no pause runs. */
  pauseEnds: (() => void) | undefined;

  /** `bash -c SCRIPT 'one; two'`, as control.ts runs it. */
  run(script: string, commands: string): string {
    if (script.startsWith("(sleep ")) {
      this.pauseEnds = () => {
        for (const each of commands.split("; ")) this.#carryOut(each);
        this.pauseEnds = undefined;
      };
      return "";
    }
    if (script.startsWith("if kill ")) {
      const held = this.pauseEnds !== undefined;
      this.pauseEnds = undefined;
      return held ? "held\n" : "over\n";
    }
    const answers = commands.split("; ").map((each) => `${this.#carryOut(each)}\n`);
    if (!script.includes(`${statePath}/servers`)) return answers.join("");
    this.#saved = structuredClone(this.#slots);
    return `${answers.join("")}-- state --\n${this.#state()}\n`;
  }

  #carryOut(command: string): string {
    if (command === "show servers state") return this.#state();
    if (command === "show stat") return this.#stat();
    const [, backend = "", name, what, value = ""] =
      /^set server ([^/ ]+)\/(\S+) (fqdn|addr|state) (\S+)$/.exec(command) ?? [];
    const slot = this.#slots.get(backend)?.find((each) => each.name === name);
    if (slot === undefined) return backend === "" ? "Unknown command." : "No such server.";
    if (what === "fqdn") Object.assign(slot, { fqdn: value, named: true, pending: true });
    else if (what === "addr") slot.address = value;
    else Object.assign(slot, { maintenance: value === "maint", drain: value === "drain" });
    this.onCommand();
    return "";
  }

  #of(backend: string): readonly Slot[] {
    return this.#slots.get(backend) ?? [];
  }

  #state(): string {
    const lines = [...this.#slots].flatMap(([backend, slots], at) => [
      `${at + 3} ${backend} 1 hold 127.0.0.1 2 4 1 1 0 1 0 0 0 0 0 0 - 9 - 0 0 - - 0`,
      ...slots.map((slot, index) => {
        const found = this.#find(slot.fqdn);
        // (m) HAProxy 3.0 shows the old address for some tenths of a second.
        if (found !== undefined && !slot.pending) slot.address = found;
        slot.pending = false;
        const flags =
          flag.config |
          (slot.maintenance ? flag.maintenance : 0) |
          (slot.drain ? flag.drain : 0) |
          (found === undefined ? flag.unresolved : 0) |
          (slot.named ? flag.named : 0);
        return `${at + 3} ${backend} ${index + 2} ${slot.name} ${slot.address ?? "-"} 2 ${flags} 1 1 0 1 0 0 8 0 0 0 ${slot.fqdn} 8000 - 0 0 - - 0`;
      }),
    ]);
    return ["1", "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state", ...lines, ""].join("\n");
  }

  #stat(): string {
    const rows = [...this.#slots].flatMap(([backend, slots]) =>
      slots.map(({ name }) => `${backend},${name},0,0,${this.inFlight.get(`${backend}/${name}`) ?? 0},1,,7`),
    );
    return ["# pxname,svname,qcur,qmax,scur,smax,slim,stot", ...rows, ""].join("\n");
  }
}

function unset(index: number): Slot {
  return {
    name: `slot${index}`,
    fqdn: "unset.invalid",
    address: undefined,
    named: false,
    pending: false,
    maintenance: true,
    drain: false,
  };
}
