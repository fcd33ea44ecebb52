import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { assertFiles, fileVariables, writes } from "../../../components/app/secret-files.ts";
import { secretEnv, type Workload, workloadContainer } from "../../../components/app/spec.ts";
import { podOf } from "../../../components/container/kubernetes.ts";
import { candidate } from "../../../components/rollout/spec.ts";

const place = { stack: "local", system: "orders" };
const worker: Workload = {
  name: "worker",
  replicas: 1,
  command: ["tini", "--", "orders-worker"],
  user: "1000:1000",
  env: { PASSWORD_FILE: "/run/secrets/postgres-password" },
  secretFiles: {
    "postgres-password": { store: "postgres", field: "password" },
    api_key: { secret: "apiKey" },
  },
  volumes: [],
  tmpfs: ["/tmp"],
  duty: { kind: "worker", check: ["orders-check"], single: false },
};
const deployment = {
  image: "sha256:app",
  network: "slipway-local_private",
  limits: { cpus: 2, memoryMb: 2048, pids: 256 },
  health: { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
  stopGraceSeconds: 30,
};
const container = workloadContainer(place, worker, deployment);
const known = { secrets: { apiKey: "the-key" }, stores: { postgres: { url: "the-url", password: "the-password" } } };

describe("the workload's container", () => {
  test("begins with a shell that writes them into memory, and carries no secret", () => {
    expect(container.entrypoint).toEqual([
      "sh",
      "-c",
      '(umask 377; rm -f /run/secrets/api_key; printf %s "$SLIPWAY_FILE_0" >/run/secrets/api_key) && unset SLIPWAY_FILE_0 && ' +
        '(umask 377; rm -f /run/secrets/postgres-password; printf %s "$SLIPWAY_FILE_1" >/run/secrets/postgres-password) && unset SLIPWAY_FILE_1 && exec "$@"',
      "secret-files",
    ]);
    expect(container.command).toEqual(["tini", "--", "orders-worker"]);
    expect(container.tmpfs).toEqual(["/tmp", "/run/secrets"]);
    expect(JSON.stringify(container)).not.toMatch(/the-(key|password)/);
  });

  test("gets them as variables, which Rollout compares, keeps for replicas of before and replaces in messages", () => {
    expect(secretEnv(worker, known)).toEqual({ SLIPWAY_FILE_0: "the-key", SLIPWAY_FILE_1: "the-password" });
    expect(() => secretEnv(worker, { ...known, secrets: {} })).toThrow("SLIPWAY_FILE_0 of workload worker names");
  });

  test("one without files is what it was", () => {
    const { secretFiles: _, ...plain } = worker;
    const { entrypoint, tmpfs } = workloadContainer(place, plain, deployment);
    expect({ entrypoint, tmpfs }).toEqual({ entrypoint: undefined, tmpfs: ["/tmp"] });
  });

  test("where a workload shows life, its memory has both folders", () => {
    const duty: Workload["duty"] = {
      kind: "tcp",
      port: 1,
      healthCommand: ["healthy"],
      liveness: ["alive"],
    };
    expect(workloadContainer(place, { ...worker, duty }, deployment).tmpfs).toEqual(["/tmp", "/run/secrets"]);
  });

  test("a worker's gate comes before them", () => {
    const plan = { container, replicas: 1, duty: { kind: "worker", check: [], single: false } } as const;
    const made = candidate({ place, secretEnv: { worker: secretEnv(worker, known) } }, plan, "r1", 0);
    expect(made.entrypoint?.[2]).toContain("until [ -e");
    expect(made.command?.slice(0, 2)).toEqual(["sh", "-c"]);
    expect(made.command?.slice(3)).toEqual(["secret-files", "tini", "--", "orders-worker"]);
    expect(made.env).toMatchObject({ SLIPWAY_FILE_1: "the-password" });
  });

  test("in a cluster the same: memory of the pod's own, the variables from its Secret", () => {
    const pod = podOf({ spec: container, secretEnv: ["worker-env"], restart: "Always" });
    expect(pod.containers[0]).toMatchObject({
      command: container.entrypoint,
      args: ["tini", "--", "orders-worker"],
      envFrom: [{ secretRef: { name: "worker-env" } }],
    });
    expect(JSON.stringify(pod.containers[0]?.volumeMounts)).toContain('"mountPath":"/run/secrets"');
  });
});

describe("the shell itself", () => {
  const folder = mkdtempSync(join(tmpdir(), "secret-files-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const script = writes(fileVariables({ secretFiles: { "a.key": {}, b: {} } }), folder);
  const begin = (env: Record<string, string>, ...argv: readonly string[]) =>
    execFileSync("sh", ["-c", script, "secret-files", ...argv], { env: { PATH: "/usr/bin:/bin", ...env } }).toString();

  test("writes every text letter by letter, 0400, a second time too", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((value) => !value.includes("\0"));
    fc.assert(
      fc.property(text, text, (first, second) => {
        begin({ SLIPWAY_FILE_0: first, SLIPWAY_FILE_1: second }, "true");
        const written = ["a.key", "b"].map((name) => readFileSync(join(folder, name), "utf8"));
        expect(written).toEqual([first, second].map((value) => Buffer.from(value).toString()));
      }),
      { numRuns: 30 },
    );
    expect(statSync(join(folder, "b")).mode & 0o777).toBe(0o400);
  });

  test("the process has neither their variables nor their umask, and its exit is the container's", () => {
    const env = { SLIPWAY_FILE_0: "one", SLIPWAY_FILE_1: "two", OTHER: "stays" };
    const said = begin(env, "sh", "-c", 'tr "\\0" "\\n" </proc/self/environ; umask');
    expect(said).toContain("OTHER=stays");
    expect(said).not.toContain("SLIPWAY_FILE");
    expect(said.trim().split("\n").at(-1)).not.toBe("0377");
    const ended = spawnSync("sh", ["-c", script, "secret-files", "sh", "-c", "exit 7"], { env });
    expect(ended.status).toBe(7);
  });

  test("where it cannot write, the process does not begin", () => {
    const away = writes(fileVariables({ secretFiles: { a: {} } }), join(folder, "none"));
    const ended = spawnSync("sh", ["-c", away, "secret-files", "echo", "begun"], { env: { SLIPWAY_FILE_0: "x" } });
    expect([ended.status === 0, ended.stdout.toString()]).toEqual([false, ""]);
  });
});

describe("refused before anything is made", () => {
  test.each(["", ".hidden", "-x", "a/b", "../a", "a b", "$(id)", "a;b"])("the file name %j", (name) => {
    expect(() => assertFiles({ ...worker, secretFiles: { [name]: { secret: "apiKey" } } })).toThrow(
      `secret file ${JSON.stringify(name)} of workload worker: allowed are letters`,
    );
  });

  test("files without a command", () => {
    const { command: _, ...without } = worker;
    expect(() => assertFiles(without)).toThrow("workload worker has secretFiles and no command");
    expect(() => assertFiles(worker)).not.toThrow();
  });
});
