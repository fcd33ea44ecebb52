import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { label } from "../../../components/container/spec.ts";
import { fargateAddress } from "../../../components/fargate/address.ts";
import { statementsFromLog } from "../../../components/migration/lint/log.ts";
import { fargateRunner } from "../../../components/steps/fargate-runner.ts";
import { reapSessions, withSession } from "../../../components/steps/session.ts";
import { FargateApi } from "../../doubles/fargate-api.ts";

/** On a double of AWS' APIs, which says what it is; the commands themselves really run. */
const host = fargateAddress({
  region: "eu-central-1",
  cluster: "slipway-blue",
  subnets: ["subnet-a", "subnet-b"],
  group: "sg-tasks",
  role: "arn:aws:iam::1:role/tasks",
  logs: "/slipway/blue/tasks",
  database: "slipway-blue-g1",
  helper: "curl@sha256:1",
});
const place = { stack: "blue", system: "tria" };
const request = {
  image: "postgres@sha256:2",
  user: "999:999",
  env: { PGPASSWORD: "the-password" },
  mounts: [],
  network: [],
  memoryMb: 512,
};

let api: FargateApi;
beforeEach(async () => {
  api = await FargateApi.start();
  for (const [name, value] of Object.entries(api.variables)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await api.stop();
});

const session = <T>(work: Parameters<typeof withSession<T>>[4]) =>
  withSession(fargateRunner(host, 5), place, "probe", request, work);

describe("a command of a step as a task", () => {
  test("answers exit code and every line that it printed", async () => {
    const script = "printf 'a\\n\\nb %s\\n' \"$1\"; echo wrong >&2; exit 3";
    const finished = await session(({ run }) => run({ argv: ["sh", "-c", script, "sh", "c d"] }));
    expect(finished).toEqual({ exitCode: 3, output: "a\n\nb c d\nwrong\n" });
  });

  test("gets its variables as secrets: no definition and no request of a task shows one", async () => {
    const argv = ["sh", "-c", 'echo "$PGPASSWORD $TOKEN"'];
    const finished = await session(({ run }) => run({ argv, env: { TOKEN: "the-token" } }));
    expect(finished.output).toBe("the-password the-token\n");
    const shown = JSON.stringify([...api.of("RegisterTaskDefinition"), ...api.of("RunTask")]);
    expect(shown).not.toContain("the-password");
    expect(shown).not.toContain("the-token");
    expect(api.of("RegisterTaskDefinition")[0]?.["containerDefinitions"]).toMatchObject([
      { environment: [], secrets: [{ name: "PGPASSWORD" }, { name: "TOKEN" }] },
      { name: "prepare", secrets: [] },
    ]);
  });

  test("reads the version of its own variables, not of the next command's", async () => {
    const argv = ["sh", "-c", 'echo "$TOKEN"'];
    const outputs = await session(async ({ run }) => {
      const first = await run({ argv, env: { TOKEN: "one" } });
      const second = await run({ argv, env: { TOKEN: "two" } });
      return [first.output, second.output];
    });
    expect(outputs).toEqual(["one\n", "two\n"]);
    expect(api.of("CreateSecret")).toHaveLength(1);
    expect(api.of("PutSecretValue")).toHaveLength(1);
  });

  test("leaves nothing: neither secret nor definition", async () => {
    await session(({ run }) => run({ argv: ["true"] }));
    expect(api.secrets).toEqual([]);
    expect(api.of("DeregisterTaskDefinition")).toHaveLength(1);
    expect(api.of("DeleteSecret")).toMatchObject([{ ForceDeleteWithoutRecovery: true }]);
  });

  test("runs in private subnets without an address, under the stack's name", async () => {
    await session(({ run }) => run({ argv: ["true"], workingDir: "/app" }));
    expect(api.of("RunTask")).toMatchObject([
      {
        cluster: "slipway-blue",
        launchType: "FARGATE",
        startedBy: "slipway-step",
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: ["subnet-a", "subnet-b"],
            securityGroups: ["sg-tasks"],
            assignPublicIp: "DISABLED",
          },
        },
      },
    ]);
    expect(api.of("RunTask")[0]?.["tags"]).toContainEqual({ key: label.stack, value: "blue" });
    expect(api.of("RegisterTaskDefinition")[0]).toMatchObject({
      family: "slipway-blue-step-probe",
      cpu: "2048",
      memory: "4096",
      executionRoleArn: "arn:aws:iam::1:role/tasks",
      containerDefinitions: [{ workingDirectory: "/app", readonlyRootFilesystem: true }, {}],
    });
  });
});

describe("what goes wrong is told", () => {
  test("no task", async () => {
    api.refuses = "RESOURCE:MEMORY";
    await expect(session(({ run }) => run({ argv: ["true"] }))).rejects.toThrow(
      "ECS runs no task of probe: RESOURCE:MEMORY",
    );
    expect(api.secrets).toEqual([]);
  });

  test("a task whose command never began", async () => {
    api.breaks = "CannotPullContainerError: not found";
    await expect(session(({ run }) => run({ argv: ["true"] }))).rejects.toThrow(
      "the task of probe ended before its command did: CannotPullContainerError: not found",
    );
  });

  test("a command that wants what no task has", async () => {
    const input = () => Readable.from(["x"]);
    await expect(session(({ run }) => run({ argv: ["cat"], input }))).rejects.toThrow("no standard input");
  });
});

test("what a killed step left is found by its secret, and removed", async () => {
  const left = fargateRunner(host, 5);
  await withSession(left, place, "left", request, async ({ run }) => {
    await run({ argv: ["true"] });
    expect(api.secrets).toHaveLength(1);
    await reapSessions(fargateRunner(host, 5), place);
    expect(api.secrets).toEqual([]);
  });
});

describe("the log of RDS' server", () => {
  const group = "/aws/rds/instance/slipway-blue-g1/postgresql";
  const line = (user: string, rest: string) =>
    `2026-01-02 03:04:05 UTC:10.20.11.5(41234):${user}@slipway_rehearsal:[77]:${rest}`;

  test("is found as a server's, and read as the stack's own would be: the lint's reader takes it", async () => {
    api.serverLogs.set(group, [
      "2026-01-02 03:04:04 UTC::@:[12]:LOG:  checkpoint starting: time",
      line("tria_owner", "LOG:  statement: ALTER TABLE orders\n  DROP COLUMN note"),
      line("tria_owner", "LOG:  execute <unnamed>: CREATE INDEX x ON orders (id)"),
      line("tria_owner", 'ERROR:  relation "x" already exists'),
      line("tria_owner", "STATEMENT:  CREATE INDEX x ON orders (id)"),
    ]);
    const runner = fargateRunner(host, 5);
    const [server] = await runner.list({ [label.stack]: "blue", [label.part]: "postgres" });
    const log = await runner.logs(server?.id ?? "", 100);
    expect(statementsFromLog(log, "slipway_rehearsal")).toEqual(["ALTER TABLE orders\n  DROP COLUMN note"]);
  });

  test("that is not there yet is empty", async () => {
    expect(await fargateRunner(host, 5).logs(group, 100)).toBe("\n");
  });
});
