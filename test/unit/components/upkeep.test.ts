import { describe, expect, test } from "vitest";
import { keptOf, toEngine } from "../../../components/container/engine-api.ts";
import { putRight } from "../../../components/container/put-right.ts";
import { differences, inWords, type Kept } from "../../../components/container/upkeep.ts";
import { changedFiles, directory, file } from "../../../components/files/spec.ts";
import { deviates } from "../../../components/steps/step.ts";
import { container, newStack } from "../../doubles/stack.ts";

const spec = container("redis", "sha256:redis");
const asMade: Kept = {
  running: true,
  limits: spec.limits,
  restart: "unless-stopped",
  networks: { "slipway-test_private": ["redis", "0123456789ab"] },
};
const words = (found: Partial<Kept>) => differences(spec, { ...asMade, ...found }).map(inWords);

describe("what differs of a container", () => {
  test("as it was made: nothing, further aliases that the engine gives aside", () => {
    expect(words({})).toEqual([]);
  });

  test.each([
    [{ running: false }, ["state: stopped instead of running"]],
    [{ limits: { ...spec.limits, memoryMb: 64 } }, ["memory: 64 MB instead of 2048 MB"]],
    [{ limits: { ...spec.limits, memoryMb: 0 } }, ["memory: no limit instead of 2048 MB"]],
    [{ limits: { ...spec.limits, cpus: 0.5 } }, ["cores: 0.5 instead of 2"]],
    [{ limits: { ...spec.limits, pids: -1 } }, ["processes: no limit instead of 256"]],
    [{ restart: "always" }, ["restart policy: always instead of unless-stopped"]],
    [{ networks: {} }, ["network slipway-test_private: disconnected instead of connected"]],
    [{ networks: { ...asMade.networks, bridge: [] } }, ["network bridge: connected instead of not connected"]],
    [
      { networks: { "slipway-test_private": ["0123456789ab"] } },
      ["network slipway-test_private: not so instead of known as redis"],
    ],
  ])("%j", (found, said) => {
    expect(words(found)).toEqual(said);
  });

  test("on the host's network there is nothing to connect", () => {
    const edge = { ...spec, network: "host" } as const;
    expect(differences(edge, { ...asMade, networks: { host: [] } })).toEqual([]);
  });

  test("what the engine tells of a container that it made of this is this", () => {
    const { HostConfig } = toEngine(spec);
    const told = {
      State: { Running: true, Restarting: false },
      HostConfig,
      NetworkSettings: { Networks: { "slipway-test_private": { Aliases: ["redis"] } } },
    };
    expect(differences(spec, keptOf(told as unknown as Parameters<typeof keptOf>[0]))).toEqual([]);
  });
});

describe("putting right", () => {
  test("gives everything back without a restart", async () => {
    const { host } = newStack();
    const id = host.place(spec);
    const box = host.box(id);
    Object.assign(box, {
      state: "running",
      startedAt: "before",
      limits: { ...spec.limits, memoryMb: 1 },
      restart: "no",
      networks: { bridge: [] },
    });
    await putRight(host, id, spec.name, spec);
    const found = await host.inspect(id);
    expect(found && differences(spec, found)).toEqual([]);
    expect(box.startedAt).toBe("before");
    expect(host.trace).toEqual([
      "inspect",
      "setLimits",
      "setRestart unless-stopped",
      "connect slipway-test_private",
      "disconnect bridge",
      "inspect",
    ]);
  });

  test("an alias that is lost comes with a new connection", async () => {
    const { host } = newStack();
    const id = host.place(spec);
    Object.assign(host.box(id), { state: "running", networks: { "slipway-test_private": [] } });
    await putRight(host, id, spec.name, spec);
    expect(host.box(id).networks).toEqual({ "slipway-test_private": ["redis"] });
    expect(host.trace).toContain("disconnect slipway-test_private");
  });

  test("what is stopped starts", async () => {
    const { host } = newStack();
    const id = host.place(spec);
    await putRight(host, id, spec.name, spec);
    expect(host.box(id).state).toBe("running");
  });

  test("one that is missing is told with the command", async () => {
    const { host } = newStack();
    await expect(putRight(host, "gone", spec.name, spec)).rejects.toThrow(
      "the container slipway-test_redis is missing, which Pulumi's state does not know: `npm start` makes it again, and so does `pulumi up --refresh`",
    );
  });
});

describe("files", () => {
  const owner = { uid: 1, gid: 1 };
  const entries = [directory("d", owner), file("a", "1", owner), file("b", "2", owner), file("c", "", owner)];

  test("that are missing or other than written are named, never their content", () => {
    const found = new Map([
      ["a", "1"],
      ["b", "a secret"],
    ]);
    expect(changedFiles(entries, found)).toEqual([
      { path: "b", is: "changed" },
      { path: "c", is: "missing" },
    ]);
  });
});

test.each([
  [undefined, false],
  ["", false],
  // As Pulumi spells, in a preview, what is not known yet.
  ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", false],
  ["memory: 64 MB instead of 256 MB", true],
])("a deviation of %j is one: %s", (deviation, is) => {
  expect(deviates({ deviation })).toBe(is);
});
