import { connect } from "node:net";
import { label } from "../components/container/spec.ts";
import { firewallPart } from "../components/firewall/spec.ts";
import type { Runner } from "../components/steps/runner.ts";
import { run } from "../toolchain/command.ts";
import { readSshUrl } from "../toolchain/ssh/address.ts";
import { byHand } from "../toolchain/ssh/command.ts";

/** In which a firewall that drops is told from a slow line. */
const patienceMs = 5_000;

/**
 * Whether users reach the edge is seen from outside the host alone: its own tests come by the loopback, where ufw, firewalld and the provider's
 * firewall deny nothing. Asked from this machine, of a host that it comes to by ssh and whose stack opens the port to everybody.
 * @param host `slipway:host`
 * @param port of the edge; undefined for a system without https
 * @returns what to do, in lines; empty when the port answers, and where this machine cannot know: on the host itself, behind a jump host
 */
export async function closedToUs(
  runner: Pick<Runner, "list">,
  stack: string,
  host: unknown,
  port: number | undefined,
): Promise<readonly string[]> {
  const address = typeof host === "string" ? readSshUrl(host) : undefined;
  if (address === undefined || port === undefined) return [];
  // Without a firewall of its own the stack opens nothing: it is a laptop's, or on the loopback.
  if ((await runner.list({ [label.stack]: stack, [label.part]: firewallPart })).length === 0) return [];
  // What ~/.ssh/config makes of the name.
  const asked = await run("ssh", ["-T", "-G", ...byHand(address).split(" ").slice(1)]);
  const name = asked.code === 0 ? straightTo(asked.stdout) : undefined;
  if (name === undefined || (await answers(name, port))) return [];
  return closedWords(name, port);
}

/** What to do about a port that another firewall closes. */
export function closedWords(name: string, port: number): readonly string[] {
  return [
    `port ${port} of ${name} is open in Slipway's firewall, and does not answer from here: another firewall closes it. Open it there too:`,
    `  ufw on the host       sudo ufw allow ${port}/tcp`,
    `  firewalld on it       sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`,
    "  before the host       in the provider's console",
  ];
}

/** The name or address that ssh connects to; undefined when it goes there by another host or command. Pure. @param said what `ssh -G` prints */
export function straightTo(said: string): string | undefined {
  const lines = said.split("\n").map((line) => line.split(" "));
  const wordOf = (key: string) => lines.find(([word]) => word === key)?.[1];
  const way = wordOf("proxycommand") ?? wordOf("proxyjump") ?? "none";
  return way === "none" ? wordOf("hostname") : undefined;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
