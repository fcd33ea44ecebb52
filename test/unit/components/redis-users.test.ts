import { describe, expect, test } from "vitest";
import { passwordHash, redisExporterPassword } from "../../../components/redis/spec.ts";
import step, { type RedisUsersInputs, reconcileUsers } from "../../../components/redis/users.step.ts";
import type { Command, FileEntry, Finished, Runner } from "../../../components/steps/runner.ts";

const [old, fresh] = [passwordHash("the-old-password"), passwordHash("the-new-password")];
const inputs: RedisUsersInputs = {
  host: "unix:///x",
  place: { stack: "local", system: "tmws" },
  container: "redis-id",
  image: "sha256:redis",
  volume: "slipway-local_redis-config",
  passwordOnly: false,
  watched: false,
  operatorPassword: "the-operator-password",
  appPassword: "the-new-password",
  keep: "both",
};
const quick = { patienceSeconds: 0.05, pauseMs: 1 };

/** A Redis in memory that knows its users by the file that was loaded last. */
function server(hashes: readonly string[], answers: readonly Finished[] = []) {
  const waiting = [...answers];
  const said: Command[] = [];
  let written: readonly FileEntry[] = [];
  let users = `user app on sanitize-payload ${hashes.map((hash) => `#${hash}`).join(" ")} ~* resetchannels &* +@all`;
  const valid = () => /^user app .*$/m.exec(users)?.[0].match(/(?<=#)[0-9a-f]{64}/g) ?? [];
  const runner = {
    async exec(_: string, command: Command): Promise<Finished> {
      said.push(command);
      const first = waiting.shift();
      if (first !== undefined) return first;
      if (command.argv.includes("LOAD")) {
        users = written[0]?.content ?? "";
        return { exitCode: 0, output: "OK\n" };
      }
      return { exitCode: 0, output: `${users}\nuser default off nopass sanitize-payload ~* &* +@all\n` };
    },
    create: async () => "files-id",
    put: async (_id: string, _to: string, files: readonly FileEntry[]) => {
      written = files;
    },
    remove: async () => undefined,
  } as unknown as Runner;
  return { runner, said, valid, users: () => users, written: () => written };
}

describe("the app's passwords in a running Redis", () => {
  test("before a release the new one is taken beside that which serves", async () => {
    const redis = server([old]);
    await reconcileUsers(redis.runner, inputs, quick);
    expect([...redis.valid()].sort()).toEqual([old, fresh].sort());
    expect(redis.written().map(({ path, mode }) => [path, mode])).toEqual([["users.acl", 0o400]]);
  });

  test("after it the new one alone is", async () => {
    const redis = server([old, fresh]);
    await reconcileUsers(redis.runner, { ...inputs, keep: "new" }, quick);
    expect(redis.valid()).toEqual([fresh]);
  });

  test.each(["both", "new"] as const)("what is as it should be is left alone (%s)", async (keep) => {
    const redis = server([fresh]);
    await reconcileUsers(redis.runner, { ...inputs, keep }, quick);
    expect(redis.said).toHaveLength(1);
    expect(redis.written()).toEqual([]);
  });

  test("the exporter comes and goes by itself, and the app's passwords stay as they are", async () => {
    const redis = server([fresh]);
    await reconcileUsers(redis.runner, { ...inputs, watched: true }, quick);
    const hash = passwordHash(redisExporterPassword("the-operator-password"));
    expect(redis.users()).toContain(`user exporter reset on #${hash} +info +ping +client|setname\n`);
    expect(redis.valid()).toEqual([fresh]);
    const calls = redis.said.length;
    await reconcileUsers(redis.runner, { ...inputs, watched: true }, quick);
    expect(redis.said).toHaveLength(calls + 1);
    await reconcileUsers(redis.runner, inputs, quick);
    expect(redis.users()).not.toContain("user exporter");
  });

  test("no argument holds a password; the operator's is a variable", async () => {
    const redis = server([old]);
    await reconcileUsers(redis.runner, inputs, quick);
    expect(JSON.stringify(redis.said.map(({ argv }) => argv))).not.toMatch(/password/);
    expect(redis.said.every(({ env }) => env?.["REDISCLI_AUTH"] === "the-operator-password")).toBe(true);
  });

  test("a server that loads its data is waited for; one that never answers is told, without a password", async () => {
    const busy: Finished = { exitCode: 0, output: "LOADING Redis is loading the dataset in memory\n" };
    const redis = server([fresh], [busy, busy]);
    await reconcileUsers(redis.runner, inputs, { patienceSeconds: 5, pauseMs: 1 });
    expect(redis.said).toHaveLength(3);
    const refused: Finished = { exitCode: 0, output: "WRONGPASS the-operator-password\n" };
    const closed = server(
      [fresh],
      Array.from({ length: 10_000 }, () => refused),
    );
    await expect(reconcileUsers(closed.runner, inputs, quick)).rejects.toThrow(
      "Redis did not tell of its users within 0.05 s: WRONGPASS ***",
    );
  });

  test("it runs again for another password or container, not for another image to write with", () => {
    const before = { ...inputs };
    expect(step.changed(before, { ...inputs, image: "sha256:other" })).toEqual([]);
    expect(step.changed(before, { ...inputs, appPassword: "x", container: "y" })).toEqual(["appPassword", "container"]);
  });
});
