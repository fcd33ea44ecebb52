import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../command.ts";
import { locked } from "../lock.ts";
import { phase } from "../phases.ts";
import { NotYet, until } from "../poll.ts";
import { parseSshUrl, type SshAddress, tunnelSocket } from "./address.ts";
import { connectArgs, controlSocket, endArgs, forwardArgs, lookArgs } from "./command.ts";
import { connectFailure, engineFailure, type SocketState } from "./failure.ts";
import { madeTunnelFolder } from "./folder.ts";

const askMs = 5_000;
/** ssh gives a connection up after a minute of silence; until then it may come back, and others may be using it. */
const patienceSeconds = 80;
/** For the connection as a whole; ConnectTimeout is each address' own. */
const connectMs = 60_000;
/** ssh prints its reasons in this language. */
const env = { LC_ALL: "C" };

/**
 * The engine of an ssh URL answers at this end; a connection that stands is used. Safe to call from several processes at once.
 * @returns the address of this end, `unix:///tmp/slipway-ssh-.../docker.sock`
 * @throws Error that says what is in the way, and the command that mends it
 */
export async function ensureTunnel(url: string): Promise<string> {
  const address = parseSshUrl(url);
  const folder = await madeTunnelFolder(address);
  if ((await ask(folder)) !== "answers")
    await locked(join(folder, "lock"), `the connection to ${address.url}`, () =>
      phase(`connecting to ${address.url}`, () => connect(address, folder)),
    );
  return `unix://${tunnelSocket(folder)}`;
}

/**
 * A connection of its own beside the one that stands.
 * @throws Error when the host lets nobody in
 */
export async function freshTunnel(url: string): Promise<{ readonly socket: string; end(): Promise<void> }> {
  const address = parseSshUrl(url);
  const folder = await mkdtemp(join(tmpdir(), "slipway-ssh-fresh-"));
  const ended = async () => {
    await end(address, folder);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await open(address, folder);
  } catch (error) {
    await ended();
    throw error;
  }
  return { socket: tunnelSocket(folder), end: ended };
}

async function connect(address: SshAddress, folder: string): Promise<void> {
  const before = await settled(folder);
  if (before === "answers") return;
  const own = before === "absent";
  if (own) await open(address, folder);
  const after = own ? await settled(folder) : before;
  if (after === "answers") return;
  const state = await lookAt(address, folder);
  // Nothing stays behind; one that stood before may be somebody else's, and the engine may come back.
  if (own) await end(address, folder);
  throw new Error(engineFailure(address, state));
}

async function open(address: SshAddress, folder: string): Promise<void> {
  // One that was cut off before it listened, or whose socket somebody removed.
  await end(address, folder);
  await rm(controlSocket(folder), { force: true });
  const made = await run("ssh", connectArgs(address, folder), { env, timeoutMs: connectMs });
  if (made.code !== 0) throw new Error(connectFailure(address, made.stderr));
  const forward = await run("ssh", forwardArgs(address, folder), { env, timeoutMs: connectMs });
  if (forward.code === 0) return;
  await end(address, folder);
  throw new Error(connectFailure(address, forward.stderr));
}

/** No connection that could be ended is fine. */
async function end(address: SshAddress, folder: string): Promise<void> {
  await run("ssh", endArgs(address, folder), { env, timeoutMs: connectMs });
}

async function lookAt(address: SshAddress, folder: string): Promise<SocketState> {
  const { stdout } = await run("ssh", lookArgs(address, folder), { env, timeoutMs: connectMs });
  const word = stdout.trim();
  return word === "absent" || word === "denied" ? word : "silent";
}

/** `absent`: nobody listens at this end. `closed`: the other end does not hand on to an engine. `late`: no answer in time. */
type Answer = "answers" | "absent" | "closed" | "late";

/** The answer of a connection that is slow, or that ssh is about to give up, is waited for: ending it would end others' work. */
function settled(folder: string): Promise<Answer> {
  const look = async () => {
    const answer = await ask(folder);
    return answer === "late" ? new NotYet(answer) : answer;
  };
  return until<Answer, Answer>(look, { seconds: patienceSeconds, everyMs: 200, late: (answer) => answer });
}

function ask(folder: string): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: tunnelSocket(folder), path: "/_ping", timeout: askMs, agent: false });
    asked.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? "answers" : "closed");
    });
    asked.on("timeout", () => {
      resolve("late");
      asked.destroy();
    });
    asked.on("error", (error) => resolve("code" in error && isAbsence(error.code) ? "absent" : "closed"));
    asked.end();
  });
}

function isAbsence(code: unknown): boolean {
  return code === "ENOENT" || code === "ECONNREFUSED";
}
