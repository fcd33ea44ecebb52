import { NotYet, until } from "../../toolchain/poll.ts";
import { label, type Place } from "../container/spec.ts";
import { commandFailure, messageOf, StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { candidateBackend, controlPort } from "./names.ts";
import { configPath, statePath } from "./paths.ts";
import { pemFile } from "./public.ts";
import {
  asking,
  assignments,
  freeing,
  parseServers,
  parseSessions,
  type Slot,
  switching,
  type Traffic,
  unready,
  unresolved,
} from "./traffic.ts";

const startSeconds = 30;
const resolveSeconds = 10;
const admitSeconds = 5;
const pollMs = 100;

/**
 * HAProxy's runtime API of one stack, asked inside its own container. Every change is also written to the state file that HAProxy loads
 * when it starts: a switch that was killed comes back as it was.
 */
export class Control {
  readonly #runner: Runner;
  readonly #place: Place;

  constructor(runner: Runner, place: Place) {
    this.#runner = runner;
    this.#place = place;
  }

  /** Sends requests to these containers and to no others; with none, requests are held. Backends that are not named stay as they are. */
  async route(traffic: Traffic): Promise<void> {
    const slots = await this.#assigned(traffic);
    const first = asking(slots, traffic);
    await this.#tell(switching(first.length === 0 ? slots : await this.#admitted(first, traffic), traffic));
  }

  /** The certificate's file changed: new connections get the new one, those that there are go on. */
  async loadCertificate(): Promise<void> {
    const answer = await this.#run("loading the certificate of raw TCP", loadCertificate, [certificatePath]);
    if (!answer.includes("Success!")) throw new StepFailure(`the switch refused the certificate: ${answer.trim()}`);
  }

  /** Requests wait from now on; those in flight go on. */
  async hold(backends: readonly string[]): Promise<void> {
    await this.route(Object.fromEntries(backends.map((backend) => [backend, []])));
  }

  /**
   * Holds for a while, and answers where requests went. The switch itself lets go when the time is over: who is killed meanwhile leaves nobody
   * waiting. To be ended by `resume`.
   */
  async pause(seconds: number): Promise<Traffic> {
    const traffic = await this.serving();
    const open = (await this.#slots()).filter(
      ({ backend, state }) => Object.hasOwn(traffic, backend) && state === "ready",
    );
    const letGo = open.map(({ backend, name }) => `set server ${backend}/${name} state ready`);
    if (letGo.length > 0) await this.#run("bounding the pause", letGoAfter(seconds), letGo);
    await this.hold(Object.keys(traffic));
    return traffic;
  }

  /** Answers whether requests were held until now. Where none went before, nothing could let them go meanwhile. */
  async resume(traffic: Traffic): Promise<boolean> {
    const wentSomewhere = Object.values(traffic).some((aliases) => aliases.length > 0);
    const held = (await this.#run("ending the pause", endPause, [])).trim() === "held";
    await this.route(traffic);
    return held || !wentSomewhere;
  }

  /** Points the candidates' own backends at one release, for probes; its places among the users' are prepared, and closed. */
  async candidates(traffic: Traffic): Promise<void> {
    const own = Object.fromEntries(
      Object.entries(traffic).map(([backend, aliases]) => [candidateBackend(backend), aliases]),
    );
    await this.#tell(switching(await this.#assigned({ ...traffic, ...own }), own, "maint"));
  }

  /** Waits until nothing is in flight on the drained slots, at most so long; answers how many requests and streams are left. */
  drained(backends: readonly string[], seconds: number): Promise<number> {
    const look = async () => {
      const drained = (await this.#slots()).filter((slot) => backends.includes(slot.backend) && slot.state === "drain");
      const sessions = parseSessions(await this.#ask(["show stat"]));
      const left = drained.reduce((sum, { backend, name }) => sum + (sessions.get(`${backend}/${name}`) ?? 0), 0);
      return left === 0 ? left : new NotYet(left);
    };
    return until(look, { seconds, everyMs: pollMs, late: (left: number) => left });
  }

  /** Gives the slots of stopped containers, and all of the candidates, free for the next release. */
  async free(backends: readonly string[]): Promise<void> {
    await this.#tell(freeing(await this.#slots(), backends));
  }

  /** Where requests go now. */
  async serving(): Promise<Traffic> {
    const found: Record<string, string[]> = {};
    for (const slot of await this.#slots()) {
      if (slot.backend.startsWith(candidateBackend(""))) continue;
      found[slot.backend] ??= [];
      if (slot.state === "ready") found[slot.backend]?.push(slot.alias);
    }
    return found;
  }

  /** The slots, when each of these aliases has one with an address. */
  async #assigned(traffic: Traffic): Promise<readonly Slot[]> {
    let slots = await this.#slots();
    const wishes = assignments(slots, traffic);
    if (wishes.length > 0) slots = await this.#tell(wishes);
    const late = (missing: readonly string[]) => {
      throw new StepFailure(`the switch found no address of ${missing.join(", ")} within ${resolveSeconds} s`);
    };
    return this.#once(slots, (now) => unresolved(now, traffic), resolveSeconds, late);
  }

  /**
   * Those that were ready before go on until the new ones are. It does not wait for ever: who is not ready when a release must go on, be it
   * the old one after a failure, gets its requests as soon as it is, and they are held so long.
   */
  async #admitted(commands: readonly string[], traffic: Traffic): Promise<readonly Slot[]> {
    const told = await this.#tell(commands);
    return this.#once(
      told,
      (now) => unready(now, traffic),
      admitSeconds,
      (_, now) => now,
    );
  }

  /** The slots, once nothing is left of what they still lack. @param told as they were a moment ago: they need not be asked for again */
  #once<S>(
    told: readonly Slot[],
    lacking: (now: readonly Slot[]) => readonly S[],
    seconds: number,
    late: (lacks: readonly S[], now: readonly Slot[]) => readonly Slot[],
  ): Promise<readonly Slot[]> {
    let first: readonly Slot[] | undefined = told;
    const look = async () => {
      const now = first ?? (await this.#slots());
      first = undefined;
      const lacks = lacking(now);
      return lacks.length === 0 ? now : new NotYet({ lacks, now });
    };
    return until(look, { seconds, everyMs: pollMs, late: ({ lacks, now }) => late(lacks, now) });
  }

  async #slots(): Promise<readonly Slot[]> {
    return parseServers(await this.#ask(["show servers state"]));
  }

  /** Carries the commands out, keeps the state file in step, answers the slots as they are then. */
  async #tell(commands: readonly string[]): Promise<readonly Slot[]> {
    if (commands.length === 0) return this.#slots();
    const output = await this.#run("changing the switch", changeAndSave, commands);
    const [answer = "", state = ""] = output.split(stateMark);
    const refused = refusal(answer);
    if (refused !== undefined) throw new StepFailure(`the switch refused \`${commands.join("; ")}\`: ${refused}`);
    return parseServers(state);
  }

  #ask(commands: readonly string[]): Promise<string> {
    return this.#run("asking the switch", ask, commands);
  }

  /** Right after its start, or after a crash, nobody listens yet. */
  #run(what: string, script: string, commands: readonly string[]): Promise<string> {
    const look = async () => {
      const [gate] = await this.#runner.list({ [label.stack]: this.#place.stack, [label.part]: "switch" });
      const argv = ["bash", "-euo", "pipefail", "-c", script, commands.join("; ")];
      if (gate?.state !== "running")
        return new NotYet(new StepFailure(`${what}: its container is ${gate === undefined ? "missing" : "stopped"}`));
      // A container that the engine is starting again takes no command yet.
      const finished = await this.#runner
        .exec(gate.id, { argv })
        .catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }));
      return finished.exitCode === 0 ? finished.output : new NotYet(commandFailure(what, argv, finished));
    };
    const late = (failure: StepFailure) => {
      throw failure;
    };
    return until(look, { seconds: startSeconds, everyMs: pollMs * 2, late });
  }
}

/** What HAProxy says of a command that it did not carry out. */
function refusal(answer: string): string | undefined {
  return /^(No such|Unknown|Invalid|Permission|.*not (allowed|supported)).*/im.exec(answer)?.[0];
}

/** bash is in the image, a client for sockets is not. */
const ask = `exec 3<>/dev/tcp/127.0.0.1/${controlPort}; echo "$0" >&3; cat <&3`;

const certificatePath = `${configPath}/${pemFile}`;
/** Its PEM text goes from the file to HAProxy inside the container; an empty line ends it. */
const loadCertificate = [
  `exec 3<>/dev/tcp/127.0.0.1/${controlPort}`,
  '{ echo "set ssl cert $0 <<"; cat "$0"; echo; } >&3',
  "cat <&3",
  `exec 3<>/dev/tcp/127.0.0.1/${controlPort}`,
  'echo "commit ssl cert $0" >&3',
  "cat <&3",
].join("; ");

/** Of the pause that runs; /tmp goes with the container, and the process with it. */
const pauseFile = "/tmp/slipway-pause";
const endPause = `if kill "$(cat ${pauseFile})" 2>/dev/null; then echo held; else echo over; fi; rm -f ${pauseFile}`;
/** With no stream of its own: the command that began it ends at once. */
const letGoAfter = (seconds: number) =>
  `(sleep ${seconds}; ${changeAndSave}) </dev/null >/dev/null 2>&1 & echo $! > ${pauseFile}`;

const stateMark = "-- state --";
const file = `${statePath}/servers`;
/** In one call, because users may be waiting. */
const changeAndSave = [
  ask,
  `echo '${stateMark}'`,
  `exec 3<>/dev/tcp/127.0.0.1/${controlPort}`,
  'echo "show servers state" >&3',
  `cat <&3 | tee ${file}.new`,
  `mv ${file}.new ${file}`,
].join("; ");
