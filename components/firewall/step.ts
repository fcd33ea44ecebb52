import { randomBytes } from "node:crypto";
import type { Place } from "../container/spec.ts";
import { file } from "../files/spec.ts";
import { freshRunnerOf, runnerOf } from "../steps/engine.ts";
import { commandFailure, messageOf, StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { changedInputs, deviates, type Step } from "../steps/step.ts";
import type { Exposure } from "./exposure.ts";
import { tableOf } from "./rules.ts";
import { candidateFile, confirmSeconds, firewallCommand, firewallMount, firewallState } from "./spec.ts";

export interface FirewallInputs {
  readonly host: string;
  readonly place: Place;
  /** Id of the container that holds the rules. */
  readonly container: string;
  readonly image: string;
  /** For whoever reads the plan; `rules` follows from it. */
  readonly exposure: Exposure;
  readonly rules: string;
  /** What preflight found other than the rules; empty when nothing. */
  readonly deviation?: string;
}

/**
 * Puts the rules into force, for good only once a new connection has been made under them: the timer is on the host, so that the former rules are
 * back within the minute also when this process dies.
 */
const step: Step<FirewallInputs, Record<string, never>> = {
  changed(before, wanted) {
    const changed = changedInputs(before, wanted, ["deviation"]);
    return deviates(wanted) ? [...changed, "deviation"] : changed;
  },
  async reconcile(inputs) {
    const { host, container, rules } = inputs;
    const runner = await runnerOf(host);
    const nonce = randomBytes(8).toString("hex");
    // (m) One that a hand stopped is started again by Limits, beside this and perhaps after it.
    await runner.start(container);
    await runner.put(container, firewallState, [file(candidateFile, rules, { uid: 0, gid: 0 })]);
    await command(runner, container, "apply", nonce, String(confirmSeconds));
    try {
      const fresh = await freshRunnerOf(host);
      try {
        await command(fresh.runner, container, "confirm", nonce);
      } finally {
        await fresh.end();
      }
    } catch (error) {
      throw new StepFailure(await takenBack(runner, inputs, nonce, messageOf(error)));
    }
    return {};
  },
  async remove({ host, place, image }) {
    const runner = await runnerOf(host);
    const request = {
      image,
      user: "0:0",
      env: { TABLE: tableOf(place.stack) },
      mounts: [firewallMount(place)],
      network: "host",
      memoryMb: 32,
      capabilities: ["NET_ADMIN"],
    } as const;
    // In a session of its own: the container that holds the rules may be stopped or gone, and the rules would stay without it.
    await withSession(runner, place, "firewall", request, (session) =>
      session.must("removing the firewall's rules", { argv: [firewallCommand, "remove"] }),
    );
  },
};

async function command(runner: Runner, container: string, ...args: readonly string[]): Promise<void> {
  const argv = [firewallCommand, ...args];
  const finished = await runner.exec(container, { argv });
  if (finished.exitCode !== 0) throw commandFailure(`the firewall's ${args[0]}`, argv, finished);
}

/** At once, by the connection that stands; where that one is gone too, the timer does it. */
async function takenBack(runner: Runner, inputs: FirewallInputs, nonce: string, why: string): Promise<string> {
  const { place, container } = inputs;
  const back = await command(runner, container, "revert", nonce).then(
    () => "the former rules are back",
    () => `the former rules come back by themselves within ${confirmSeconds} s`,
  );
  return [
    `under the new firewall rules no new connection to the host could be made, so ${back}: ${why}`,
    `Mend: open the port that you come by, e.g. pulumi config set --path slipway:firewall.ssh.port 22 --stack ${place.stack}`,
  ].join("\n");
}

export default step;
