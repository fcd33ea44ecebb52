import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { autoscaled, strategyOf, workerCheck, workloadProbes } from "../../../components/app/pods.ts";
import type { Workload } from "../../../components/app/spec.ts";
import { clusterAddress, isClusterAddress, parseClusterAddress } from "../../../components/cluster/address.ts";
import type { ContainerSpec } from "../../../components/container/spec.ts";
import { handover } from "../../../components/migration/handover.ts";
import { asShell, besideTheData } from "../../../components/steps/kubernetes-runner.ts";
import { dataOf, schemaOf } from "../../doubles/stack.ts";

const web: Workload = {
  name: "app",
  replicas: 1,
  user: "1000:1000",
  env: {},
  volumes: [],
  tmpfs: [],
  duty: { kind: "web", port: 8000, healthPath: "/health", healthy: {}, healthCommand: ["check"] },
};
const times = { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 };

describe("a release", () => {
  test("of one writer ends the one before first", () => {
    expect(strategyOf(web, { mode: "stop-first" })).toEqual({ type: "Recreate" });
  });

  test("beside the one before never has fewer that serve", () => {
    expect(strategyOf({ ...web, replicas: 3 }, { mode: "overlap" })).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
  });

  test("of a scheduler has never two of it", () => {
    expect(strategyOf({ ...web, duty: { kind: "worker", check: [], single: true } }, { mode: "overlap" })).toEqual({
      type: "Recreate",
    });
  });

  test("of two writers is refused with the guide's reason", () => {
    expect(() => strategyOf({ ...web, replicas: 2 }, { mode: "stop-first" })).toThrow(/one writer.*guide 001/);
  });
});

describe("a workload", () => {
  const worker: Workload = { ...web, duty: { kind: "worker", check: ["imports"], single: false } };

  test("that answers users follows the load; a worker does not", () => {
    const wanted = { min: 2, max: 4, cpuPercent: 70 };
    expect(autoscaled(web, wanted)).toBe(wanted);
    expect(autoscaled(worker, wanted)).toBeUndefined();
  });

  test("that is a worker is proved before it begins, if it says how", () => {
    expect(workerCheck(worker)).toEqual({ name: "check", argv: ["imports"], mounts: [] });
    expect(workerCheck({ ...worker, duty: { kind: "worker", check: [], single: true } })).toBeUndefined();
    expect(workerCheck(web)).toBeUndefined();
  });
});

describe("probes", () => {
  test("ask what the switch asks on a Docker host; no liveness that the system does not name", () => {
    const ask = { httpGet: { path: "/health", port: 8000 }, timeoutSeconds: 5 };
    expect(workloadProbes(web, times, 30)).toEqual({
      startupProbe: { ...ask, periodSeconds: 2, failureThreshold: 50 },
      readinessProbe: { ...ask, periodSeconds: 5, failureThreshold: 3 },
    });
  });

  test("end a process that hangs where the system says how it shows life", () => {
    const duty = { ...web.duty, liveness: ["alive"], readyPath: "/ready" } as Workload["duty"];
    expect(workloadProbes({ ...web, duty }, times, 90)).toMatchObject({
      readinessProbe: { httpGet: { path: "/ready", port: 8000 } },
      livenessProbe: { exec: { command: ["alive"] }, periodSeconds: 30, failureThreshold: 4 },
    });
  });
});

describe("a step's address", () => {
  test("is read as it was written", () => {
    for (const address of [
      { context: undefined, namespace: "slipway-local" },
      { context: "user@cluster:1", namespace: "a" },
    ])
      expect(parseClusterAddress(clusterAddress(address))).toEqual(address);
  });

  test("is none of a Docker host's", () => {
    expect(isClusterAddress("unix:///var/run/docker.sock")).toBe(false);
    expect(() => parseClusterAddress("kubernetes://only-a-context")).toThrow(/names no namespace/);
  });
});

describe("a command in a pod", () => {
  test("goes as it is without variables and folder", () => {
    expect(asShell({ argv: ["a", "b"] })).toEqual({ argv: ["a", "b"], stdin: null });
  });

  test("gets variables and folder as they are, and none of a secret by argument", async () => {
    const secret = 'it\'s $HOME "quoted"\nand two lines';
    const { argv, stdin } = asShell({
      argv: ["sh", "-c", 'printf %s "$S"; pwd; cat'],
      env: { S: secret },
      workingDir: "/tmp",
    });
    expect(argv.join(" ")).not.toContain("quoted");
    const input = Buffer.concat((await stdin?.toArray()) ?? []);
    const [program = "", ...rest] = argv;
    const output = execFileSync(program, rest, {
      input: Buffer.concat([input, Buffer.from("the rest")]),
      encoding: "utf8",
    });
    expect(output).toBe(`${secret}/tmp\nthe rest`);
  });
});

/** Runs the real script with the real shell, with SQLite's client as a program of the test's, which keeps revisions in a plain file. */
describe("the handover before the one writer", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "slipway-handover-"));
    mkdirSync(join(root, "bin"));
    mkdirSync(join(root, "data"));
    program("sqlite3", [
      'case "$*" in',
      // `.backup 'file'`, and questions; the database is the text of its revision.
      `*.backup*) cp "$3" "$(printf %s "$4" | cut -d"'" -f2)";;`,
      "*integrity_check*) echo ok;;",
      '*) cat "$2";;',
      "esac",
    ]);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const database = () => join(root, "data", "tmws.db");
  function program(name: string, lines: readonly string[]): void {
    writeFileSync(join(root, "bin", name), `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
  }

  function run(upgrade: readonly string[]) {
    program("alembic", upgrade);
    const sqlite = { kind: "sqlite", file: database() } as const;
    const schema = { ...schemaOf("b"), workingDir: root, assertions: [], upgrade: ["alembic", "upgrade", "b"] };
    const directories = [{ name: "licenses", path: join(root, "licenses") }];
    const argv = handover({
      data: { ...dataOf("image", sqlite), directories },
      database: sqlite,
      schema,
      reads: ["c"],
    });
    const text = (argv.at(-1) ?? "").replaceAll("/backup/sets", join(root, "sets"));
    const env = { PATH: `${join(root, "bin")}:${process.env["PATH"]}`, DB: database() };
    const { status, stdout, stderr } = spawnSync("sh", ["-euc", text], { env, encoding: "utf8" });
    return { status, output: stdout + stderr };
  }
  const revision = () => readFileSync(database(), "utf8");
  const sets = () => (existsSync(join(root, "sets")) ? readdirSync(join(root, "sets")) : []);

  test.each(["b", "c"])("leaves a schema at %s alone, which the code can work with", (at) => {
    writeFileSync(database(), at);
    expect(run(["exit 9"]).status).toBe(0);
    expect(sets()).toEqual([]);
  });

  test("takes a set, then migrates", () => {
    writeFileSync(database(), "a");
    const { status, output } = run(['printf b > "$DB"']);
    expect(status, output).toBe(0);
    expect(revision()).toBe("b");
    expect(sets()).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z-before-migration$/)]);
  });

  test("makes the first schema where there is no database", () => {
    const { status, output } = run(['printf b > "$DB"']);
    expect(status, output).toBe(0);
    expect(revision()).toBe("b");
  });

  test.each([
    ["a migration that fails", ['printf half > "$DB"', "exit 1"]],
    ["a migration that ends at another revision", ['printf half > "$DB"']],
  ])("puts the data back after %s, and says so", (_, upgrade) => {
    writeFileSync(database(), "a");
    mkdirSync(join(root, "licenses"));
    writeFileSync(join(root, "licenses", "one"), "kept");
    const { status, output } = run([`printf spoilt > ${join(root, "licenses", "one")}`, ...upgrade]);
    expect(status).toBe(1);
    expect(readFileSync(join(root, "licenses", "one"), "utf8")).toBe("kept");
    expect(output).toContain("the migration failed; the data are those of");
    expect(revision()).toBe("a");
  });
});

describe("a step's pod with volumes", () => {
  const labels = { "slipway.stack": "local", "slipway.role": "session" };
  const spec = (mounts: ContainerSpec["mounts"]) => ({ labels, mounts }) as unknown as ContainerSpec;

  test("goes where a volume is that one node alone may mount: to whoever has one, before any other workload", () => {
    const { podAffinity } = besideTheData(spec([{ volume: "v", path: "/data" }]));
    const told = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution.map(({ weight, podAffinityTerm }) => {
      const { "slipway.stack": stack, ...chosen } = podAffinityTerm.labelSelector.matchLabels;
      return [stack, chosen, weight];
    });
    expect(told).toEqual([
      ["local", { "slipway.shares": "volumes" }, 100],
      ["local", { "slipway.role": "session" }, 100],
      ["local", { "slipway.role": "workload" }, 10],
    ]);
  });

  test("without any goes anywhere", () => {
    expect(besideTheData(spec([]))).toEqual({});
  });
});
