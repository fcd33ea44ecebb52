/** Workloads' containers on the real engine: one that hangs is ended and started again, and only one that may gets a way out. */
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { egressNetwork, type Tcp, type Workload, workloadContainer } from "../../components/app/spec.ts";
import { label, type Restart, resourceName } from "../../components/container/spec.ts";
import { resolveApplication } from "../../infra/images/resolve.ts";
import { ensureBaseImage } from "../../toolchain/base-image.ts";
import { engine, eventually, runner } from "./support/host.ts";

const place = { stack: `t${randomBytes(3).toString("hex")}`, system: "liveness" };
const networks = { private: resourceName(place, "private"), egress: egressNetwork(place) };
let image = "";

beforeAll(async () => {
  await ensureBaseImage(engine);
  // It has Python and tini.
  const source = { build: { context: "test/workloads/orders" } };
  image = (await resolveApplication(engine, "orders", source, "debian")).id;
  await engine.createNetwork({ Name: networks.private, Internal: true });
  await engine.createNetwork({ Name: networks.egress });
});

afterAll(async () => {
  for (const { id } of await runner.list({ [label.stack]: place.stack })) await runner.remove(id);
  for (const name of Object.values(networks)) await engine.getNetwork(name).remove();
});

/** Answers one line at a time; `hang` is the last that it ever reads. */
const server = `
import os, socket, time
open("/tmp/pid", "w").write(str(os.getpid()))
listener = socket.create_server(("", 3001))
while True:
    peer, _ = listener.accept()
    word = peer.recv(100).decode().strip()
    if word == "hang": time.sleep(3600)
    peer.sendall(b"no" if word == "ready" and os.path.exists("/tmp/unready") else b"yes")
    peer.close()
`;
const ask = (word: string) => [
  "python",
  "-c",
  `import socket, sys
peer = socket.create_connection(("127.0.0.1", 3001))
peer.sendall(b"${word}")
sys.exit(peer.recv(10) != b"yes")`,
];
const duty: Tcp = { kind: "tcp", port: 3001, healthCommand: ask("ready"), liveness: ask("alive") };
const health = { intervalSeconds: 1, timeoutSeconds: 5, startPeriodSeconds: 0, retries: 2 };

interface Wish {
  readonly command?: readonly string[];
  readonly restart?: Restart;
  readonly egress?: boolean;
}

/** A workload's container as a release makes it, already answering. */
async function serving(name: string, { command = [], restart = "unless-stopped", egress = false }: Wish = {}) {
  const workload: Workload = {
    name,
    replicas: 1,
    command: [...command, "python", "-c", server],
    user: "1000:1000",
    env: {},
    volumes: [],
    tmpfs: [],
    egress,
    duty,
  };
  const limits = { cpus: 1, memoryMb: 128, pids: 64 };
  const deployment = { image, network: networks.private, limits, health, stopGraceSeconds: 20 };
  const id = await runner.create({ ...workloadContainer(place, workload, deployment), restart });
  await runner.start(id);
  await becomes(id, "answers its health check", ({ State }) => State.Health?.Status === "healthy");
  return id;
}

async function becomes(id: string, what: string, good: (seen: Docker.ContainerInspectInfo) => boolean) {
  let seen: Docker.ContainerInspectInfo | undefined;
  try {
    return await eventually(`the container ${what}`, async () => {
      seen = await engine.getContainer(id).inspect();
      return good(seen) ? seen : undefined;
    });
  } catch (error) {
    throw new Error(`${error}\n${JSON.stringify(seen?.State)}\n${await runner.logs(id, 20)}`);
  }
}

const sh = (id: string, script: string) => runner.exec(id, { argv: ["sh", "-c", script] });
const freeze = (id: string) => sh(id, "kill -STOP $(cat /tmp/pid)");
/** By Python: the image's sh knows no sockets. */
const hang = (id: string) =>
  runner.exec(id, {
    argv: ["python", "-c", 'import socket; socket.create_connection(("127.0.0.1", 3001)).sendall(b"hang")'],
  });

describe("liveness", () => {
  test.each([
    ["is stopped by a signal, in an image that brings tini", freeze, ["tini", "-s", "--"]],
    ["waits for ever, without tini", hang, []],
  ])("a process that %s is ended and started again, and answers again", async (what, stall, command) => {
    const id = await serving(what.startsWith("is") ? "stopped" : "waits", { command });
    await stall(id);
    const again = await becomes(id, "is restarted", ({ RestartCount, State }) => RestartCount === 1 && State.Running);
    expect(again.HostConfig.Init).toBe(true);
    await becomes(id, "is healthy again", ({ State }) => State.Health?.Status === "healthy");
    expect(await runner.logs(id, 50)).toContain("slipway: no sign of life in 2 checks: ended, to be started again");
    expect((await engine.getContainer(id).inspect()).RestartCount).toBe(1);
  });

  test("one that is only not ready is unhealthy, and nobody ends it", async () => {
    const id = await serving("unready");
    await sh(id, "touch /tmp/unready");
    const seen = await becomes(id, "failed 5 checks", ({ State }) => (State.Health?.FailingStreak ?? 0) >= 5);
    expect(seen.State.Health?.Status).toBe("unhealthy");
    expect([seen.RestartCount, seen.State.Running]).toEqual([0, true]);
    await sh(id, "rm /tmp/unready");
    const { RestartCount } = await becomes(id, "is ready again", ({ State }) => State.Health?.Status === "healthy");
    expect(RestartCount).toBe(0);
  });

  test("a candidate, which nothing restarts, stays ended: its release fails", async () => {
    const id = await serving("candidate", { restart: "no" });
    await hang(id);
    const { State, RestartCount } = await becomes(id, "has ended", (seen) => !seen.State.Running);
    expect([State.ExitCode, RestartCount]).toEqual([137, 0]);
  });

  test("asked to end, it ends by the signal at once: Docker's init passes it on, also to tini", async () => {
    const ids = [await serving("ends"), await serving("ends-tini", { command: ["tini", "-s", "--"] })];
    for (const id of ids) {
      const began = Date.now();
      await runner.stop(id, 20);
      expect(Date.now() - began).toBeLessThan(15_000);
      expect((await engine.getContainer(id).inspect()).State.ExitCode).toBe(143);
    }
  });
});

describe("egress", () => {
  const routes = async (id: string) =>
    (await sh(id, "cat /proc/net/route")).output.split("\n").filter((line) => line.split("\t")[1] === "00000000")
      .length;

  test("a workload without it has no way out; one with it has a default route, and both are on the private network", async () => {
    const inside = await serving("inside");
    const outside = await serving("outside", { egress: true });
    expect([await routes(inside), await routes(outside)]).toEqual([0, 1]);
    const found = (await engine.getContainer(outside).inspect()).NetworkSettings.Networks;
    expect(Object.keys(found).sort()).toEqual([networks.egress, networks.private].sort());
    expect(found[networks.private]?.Aliases).toContain("outside");
    expect(found[networks.egress]?.Aliases ?? []).not.toContain("outside");
    expect((await sh(inside, "getent hosts outside")).output).toContain(found[networks.private]?.IPAddress);
  });
});
