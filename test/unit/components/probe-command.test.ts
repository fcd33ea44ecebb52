import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { assertAskable, commandRuns, withSecrets } from "../../../components/app/commands.ts";
import type { Workload } from "../../../components/app/spec.ts";
import { commandOf, commandPlace, judgeCommand, reported } from "../../../components/probe/command.ts";
import type { CommandProbe, Probe } from "../../../components/probe/spec.ts";
import { container } from "../../doubles/stack.ts";

const probe: CommandProbe = {
  kind: "command",
  name: "validates",
  via: "network",
  workload: "mcp",
  argv: ["npm", "run", "validate", "--", "{host}:{port}"],
  timeoutSeconds: 1,
};
const at = { host: "switch", port: 8480 };

/** Runs what a session would, with this machine's sh. */
function run(argv: readonly string[], timeoutSeconds = 5) {
  const {
    argv: [program = "", ...rest],
  } = commandOf({ ...probe, argv, timeoutSeconds }, at);
  const { status, stdout } = spawnSync(program, rest, { encoding: "utf8", timeout: 20_000 });
  return { exitCode: status, output: stdout };
}

describe("a probe's command", () => {
  test("has its address in, its words as they are, and its limit around it", () => {
    const { argv, env } = commandOf(probe, at);
    expect([argv[0], argv[1], ...argv.slice(3)]).toEqual([
      "sh",
      "-c",
      "1",
      "npm",
      "run",
      "validate",
      "--",
      "switch:8480",
    ]);
    expect(env).toBeUndefined();
  });

  test("by a real sh: exit code and both streams are the command's own", () => {
    expect(run(["sh", "-c", 'echo "{host} $0"; echo wrong >&2; exit 4', "it's {port}"])).toEqual({
      exitCode: 4,
      output: "switch it's 8480\nwrong\n",
    });
    expect(run(["true"])).toEqual({ exitCode: 0, output: "" });
  });

  test("by a real sh: one that does not end is ended, and what it said until then is kept", () => {
    const began = Date.now();
    expect(run(["sh", "-c", "echo check 1 passed; exec sleep 600"], 1)).toMatchObject({
      exitCode: 137,
      output: expect.stringContaining("check 1 passed\nstill running after 1 s: ended\n"),
    });
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test("is judged by its exit code; the error has its last lines", () => {
    expect(judgeCommand(probe, { exitCode: 0, output: "all well" })).toBeUndefined();
    const output = Array.from({ length: 40 }, (_, at) => `line ${at + 1}`).join("\n");
    const problem = judgeCommand(probe, { exitCode: 3, output });
    expect(problem).toContain(
      'probe "validates" (`npm run validate -- {host}:{port}`): exited with 3; its last lines:\n',
    );
    expect(problem?.split("\n").slice(1)).toEqual(Array.from({ length: 30 }, (_, at) => `    line ${at + 11}`));
  });

  test("reports each match of its pattern, line by line", () => {
    const output = "session creation: 12 ms\nnoise\n  project resolution: 3 ms\nsession creation: 14 ms\n";
    const report = "(session creation|project resolution): .*";
    expect(reported({ ...probe, report }, output)).toEqual([
      "session creation: 12 ms",
      "project resolution: 3 ms",
      "session creation: 14 ms",
    ]);
    expect(reported({ ...probe, report: "^nothing$" }, output)).toEqual([]);
    expect(reported(probe, output)).toEqual([]);
  });
});

describe("where it runs", () => {
  test("in the workload's image, as its user, with its variables and what it may only read, on the networks without a way out", () => {
    const spec = container("mcp", "sha256:app");
    const trust = { volume: "slipway-test_trust", path: "/etc/slipway/trust", readOnly: true };
    const networks = [...(spec.network === "host" ? [] : spec.network), { name: "slipway-test_egress", aliases: [] }];
    expect(commandPlace({ ...spec, mounts: [...spec.mounts, trust], network: networks }, { KEY: "secret" })).toEqual({
      image: "sha256:app",
      user: "1000:1000",
      env: { PLAIN: "1", KEY: "secret" },
      mounts: [trust],
      networks: ["slipway-test_private"],
      memoryMb: 2048,
    });
  });

  const place = { stack: "local", system: "aidis" };
  const deployment = {
    image: "sha256:app",
    network: "slipway-local_private",
    limits: { cpus: 2, memoryMb: 2048, pids: 256 },
    health: { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
    stopGraceSeconds: 30,
  };
  const base = {
    replicas: 1,
    user: "1000:1000",
    env: { A: "1", KEY: { secret: "key" } },
    volumes: [],
    tmpfs: ["/tmp"],
  };
  const mcp: Workload = { ...base, name: "mcp", duty: { kind: "tcp", port: 8080, healthCommand: ["ask"] } };
  const web: Workload = {
    ...base,
    name: "web",
    duty: { kind: "web", port: 8000, healthPath: "/", healthy: {}, healthCommand: ["ask"] },
  };
  const worker: Workload = { ...base, name: "worker", duty: { kind: "worker", check: [], single: false } };
  const tcp = [{ alias: "mcp", port: 8080, listen: 3001 }];
  const runs = (probes: readonly Probe[]) =>
    commandRuns(place, { workloads: [mcp, web, worker], deployment, tcp, probes });
  const refusing =
    (probes: readonly Probe[], routes = tcp) =>
    () =>
      assertAskable({ workloads: [mcp, web, worker], tcp: routes, probes });

  test("a raw TCP workload is met at the switch's port, a web one at its own; secrets come at release time", () => {
    const found = runs([probe, { ...probe, workload: "web" }]);
    expect(found.map(({ run: { at } }) => at)).toEqual([
      { host: "switch", port: 3001 },
      { host: "web", port: 8000 },
    ]);
    expect(withSecrets(found, { secrets: { key: "k" }, stores: {} })).toMatchObject({
      mcp: {
        env: { A: "1" },
        secrets: { KEY: "k" },
        image: "sha256:app",
        networks: ["slipway-local_private", "slipway-local_front"],
      },
      web: { env: { A: "1" }, secrets: { KEY: "k" } },
    });
  });

  test("no command probe, no place", () => {
    expect(runs([{ name: "healthy", via: "edge", method: "GET", path: "/", expect: { status: 200 } }])).toEqual([]);
  });

  test.each([
    [{ workload: "worker" }, 'workload "worker" answers nobody; allowed are mcp, web'],
    [{ workload: "nobody" }, 'workload "nobody" answers nobody; allowed are mcp, web'],
    [{ argv: [] }, "its command is empty"],
    [{ report: "(" }, '`report` "(" is no regular expression'],
  ])("%j can never be asked, and is refused before anything is made", (more, why) => {
    expect(refusing([{ ...probe, ...more }])).toThrow(`probe "validates": ${why}`);
  });

  test("a raw TCP workload without a route is refused", () => {
    expect(refusing([probe], [])).toThrow('probe "validates": raw TCP workload "mcp" has no route in `tcp`');
  });
});
