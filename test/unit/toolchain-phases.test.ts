import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Tools, toolchainEnv } from "../../toolchain/environment.ts";
import { createPhases, duration } from "../../toolchain/phases.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
}
const lasting = (ms: number) => () => new Promise<string>((resolve) => setTimeout(() => resolve("done"), ms));
const clear = "\r\u001b[2K";

test("in a log: a line every five seconds, and one at the end", async () => {
  const log = terminal(false);
  const { phase } = createPhases(log);
  const work = phase("building", (progress) => {
    progress("3 of 9 packages");
    return lasting(21_000)();
  });
  await vi.advanceTimersByTimeAsync(21_000);
  expect(await work).toBe("done");
  expect(log.written).toEqual([
    "building: 5.0 s so far, 3 of 9 packages\n",
    "building: 10 s so far, 3 of 9 packages\n",
    "building: 15 s so far, 3 of 9 packages\n",
    "building: 20 s so far, 3 of 9 packages\n",
    "building: 21 s\n",
  ]);
});

test("on a terminal: a ticker in place, never in the middle of another line", async () => {
  const tty = terminal(true);
  const { phase, say } = createPhases(tty);
  const work = phase("building", lasting(1_500));
  await vi.advanceTimersByTimeAsync(1_000);
  say("hello");
  await vi.advanceTimersByTimeAsync(500);
  await work;
  expect(tty.written).toEqual([
    `${clear}building: 1.0 s so far`,
    `${clear}hello\n`,
    `${clear}building: 1.0 s so far`,
    `${clear}building: 1.5 s\n`,
  ]);
});

test("what took no time is not worth a line; a failure always is", async () => {
  const log = terminal(false);
  const { phase } = createPhases(log);
  const quick = phase("looking", lasting(499));
  await vi.advanceTimersByTimeAsync(499);
  await quick;
  expect(log.written).toEqual([]);
  await expect(phase("looking", () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
  expect(log.written).toEqual(["looking: failed after 0.0 s\n"]);
});

test("durations are for readers", () => {
  expect([420, 9_940, 42_000, 59_700, 248_000].map(duration)).toEqual([
    "0.4 s",
    "9.9 s",
    "42 s",
    "1 min 0 s",
    "4 min 8 s",
  ]);
});

const tools: Tools = {
  engine: { origin: "source", pulumi: "/cache/engine/pulumi" },
  pulumiHome: "/cache/home",
  userHome: "/home/a/.pulumi",
  backend: { kind: "machine" },
  machineBackend: "file:///state/stacks",
  passphraseFile: "/state/passphrase",
  dockerHost: "unix:///var/run/docker.sock",
  askedHost: undefined,
  compileCache: "/cache/compiled",
  nodeFolder: "/node/bin",
  commands: "/checkout/node_modules/.bin",
  fetchesPlugins: false,
};

test("with the engine from source everything is the cache's own, but for the user's login", () => {
  expect(toolchainEnv(tools, { PATH: "/node/bin:/usr/bin" })).toEqual({
    PATH: "/cache/engine:/node/bin:/checkout/node_modules/.bin:/usr/bin",
    PULUMI_HOME: "/cache/home",
    PULUMI_CREDENTIALS_PATH: "/home/a/.pulumi",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    NODE_COMPILE_CACHE: "/cache/compiled",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_BACKEND_URL: "file:///state/stacks",
    PULUMI_CONFIG_PASSPHRASE_FILE: "/state/passphrase",
    DOCKER_HOST: "unix:///var/run/docker.sock",
  });
});

test("with the user's engine and backend nothing of theirs is replaced", () => {
  const theirs: Tools = {
    ...tools,
    engine: { origin: "path", pulumi: "/usr/bin/pulumi" },
    pulumiHome: "/home/a/.pulumi",
    backend: { kind: "user", url: "s3://team" },
  };
  expect(toolchainEnv(theirs, { PATH: "/usr/local/bin:/usr/bin" })).toEqual({
    PATH: "/node/bin:/checkout/node_modules/.bin:/usr/local/bin:/usr/bin",
    PULUMI_HOME: "/home/a/.pulumi",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    NODE_COMPILE_CACHE: "/cache/compiled",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_BACKEND_URL: "s3://team",
    DOCKER_HOST: "unix:///var/run/docker.sock",
  });
});

test("a platform's own plugin is fetched for a stack on that platform alone, where an engine can fetch", () => {
  const fetches = (origin: Tools["engine"]["origin"], fetchesPlugins: boolean) =>
    !Object.hasOwn(
      toolchainEnv({ ...tools, engine: { origin, pulumi: "/p/pulumi" }, fetchesPlugins }, { PATH: "" }),
      "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    );
  expect([fetches("path", true), fetches("path", false), fetches("source", true)]).toEqual([true, false, false]);
});

test("the ssh URL that the user's environment named is handed on beside this end of it", () => {
  const env = toolchainEnv({ ...tools, dockerHost: "unix:///tmp/x", askedHost: "ssh://deploy@h" }, { PATH: "" });
  expect(env).toMatchObject({ DOCKER_HOST: "unix:///tmp/x", SLIPWAY_HOST: "ssh://deploy@h" });
  expect(toolchainEnv(tools, { PATH: "" })).not.toHaveProperty("SLIPWAY_HOST");
});

test("a passphrase of the user's own stays in force", () => {
  const env = toolchainEnv(tools, { PATH: "", PULUMI_CONFIG_PASSPHRASE: "" });
  expect(env["PULUMI_CONFIG_PASSPHRASE_FILE"]).toBeUndefined();
});
