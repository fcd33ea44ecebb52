/** Workloads' containers on the real engine: one that hangs is ended and started again, only one that may gets a way out, commands prove them. */
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { egressNetwork, type Tcp, type Workload, workloadContainer } from "../../components/app/spec.ts";
import { type ContainerSpec, innerNetwork, label, type Restart } from "../../components/container/spec.ts";
import { commandOf, commandPlace, judgeCommand, reported, withCommands } from "../../components/probe/command.ts";
import type { CommandProbe } from "../../components/probe/spec.ts";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import { resolveApplication } from "../../infra/images/resolve.ts";
import { engine, eventually, runner } from "./support/host.ts";

const place = { stack: `t${randomBytes(3).toString("hex")}`, system: "workloads" };
const networks = {
  private: innerNetwork(place, "private"),
  front: innerNetwork(place, "front"),
  egress: egressNetwork(place),
};
let image = "";

beforeAll(async () => {
  await ensureBaseImage(engine);
  // It has Python and tini.
  const source = { build: { context: "test/workloads/orders" } };
  image = (await resolveApplication(engine, "orders", source, "debian")).id;
  for (const name of [networks.private, networks.front]) await engine.createNetwork({ Name: name, Internal: true });
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

/** A workload's container as a release makes it. */
function specOf(name: string, { command = [], restart = "unless-stopped", egress = false }: Wish = {}): ContainerSpec {
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
  const deployment = { image, network: networks.private, limits, health, stopGraceSeconds: 1 };
  return { ...workloadContainer(place, workload, deployment), restart };
}

/** The same, already answering. */
async function serving(name: string, wish?: Wish): Promise<string> {
  const id = await runner.create(specOf(name, wish));
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
  /** Where everything leads that is of no network of the container's own; the kernel prints addresses from right to left. */
  async function gateway(id: string): Promise<string | undefined> {
    const { output } = await sh(id, "cat /proc/net/route");
    const fields = output.split("\n").map((line) => line.split("\t"));
    const hex = fields.find(([, destination]) => destination === "00000000")?.[2];
    return hex && [...Buffer.from(hex, "hex")].reverse().join(".");
  }
  const places = async (id: string) => (await engine.getContainer(id).inspect()).NetworkSettings.Networks;
  const reach = `import socket, sys; socket.create_connection((sys.argv[1], 3001), timeout=3)`;
  const reaches = async (id: string, address: string) =>
    (await runner.exec(id, { argv: ["python", "-c", reach, address] })).exitCode === 0;

  test("a workload without it gets nowhere but to the stack's own networks; one with it has the default route out", async () => {
    const [inside, outside, peer] = [
      await serving("inside"),
      await serving("outside", { egress: true }),
      await serving("peer", { egress: true }),
    ];
    const found = await places(outside);
    const { private: here, egress } = { private: found[networks.private], egress: found[networks.egress] };
    if (here === undefined || egress === undefined) throw new Error(`in ${Object.keys(found)}`);
    expect(Object.keys(await places(inside)).sort()).toEqual([networks.front, networks.private]);
    expect(await gateway(outside)).toBe(egress.Gateway);
    // Docker drops what an internal network sends elsewhere; its route alone says nothing.
    expect(await gateway(inside)).not.toBe(egress.Gateway);
    expect([await reaches(inside, here.IPAddress), await reaches(inside, egress.IPAddress)]).toEqual([true, false]);
    expect(await reaches(peer, egress.IPAddress)).toBe(true);
    expect(here.Aliases).toContain("outside");
    expect(egress.Aliases ?? []).not.toContain("outside");
    const known = [networks.front, networks.private].map((name) => found[name]?.IPAddress);
    expect(known).toContain((await sh(inside, "getent hosts outside")).output.split(" ")[0]);
  });
});

describe("a command probe", () => {
  const script = `import os, socket, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
peer.sendall(b"alive")
print("key of", len(os.environ["KEY"]), "letters;", "answer:", peer.recv(10).decode())`;
  const probe: CommandProbe = {
    kind: "command",
    name: "answers",
    via: "network",
    workload: "probed",
    argv: ["python", "-c", script, "{host}", "{port}"],
    timeoutSeconds: 20,
    report: "answer: .*",
  };

  test("runs in the product's image beside it, with its variables; fails in words, ends in time, and leaves nothing", async () => {
    await serving("probed");
    const places = { probed: commandPlace(specOf("probed"), { KEY: "the-secret" }) };
    await withCommands(runner, place, places, async (sessions) => {
      const session = sessions.get("probed");
      if (session === undefined) throw new Error("no session");
      const at = { host: "probed", port: 3001 };
      const passed = await session.run(commandOf(probe, at));
      expect([passed, reported(probe, passed.output)]).toEqual([
        { exitCode: 0, output: "key of 10 letters; answer: yes\n" },
        ["answer: yes"],
      ]);
      const refused = await session.run(commandOf(probe, { ...at, port: 3002 }));
      expect(judgeCommand(probe, refused)).toMatch(/exited with 1; its last lines:\n[\s\S]*Connection refused$/);
      const slow = { ...probe, argv: ["sh", "-c", "echo begun; sleep 600"], timeoutSeconds: 2 };
      const late = await session.run(commandOf(slow, at));
      expect(late.exitCode).toBe(137);
      expect(late.output).toContain("begun\nstill running after 2 s: ended\n");
    });
    expect(await runner.list({ [label.stack]: place.stack, [label.role]: "session" })).toEqual([]);
  });
});
