import { beforeEach, describe, expect, test, vi } from "vitest";
import limits from "../../../components/container/limits.step.ts";
import files from "../../../components/files/step.ts";
import migration from "../../../components/migration/step.ts";
import { container, newStack, place, rolloutInputs } from "../../doubles/stack.ts";

const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));

let stack = newStack();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  stack = newStack();
  engine.host = stack.host;
  return () => vi.useRealTimers();
});

const owner = { uid: 99, gid: 99 };
const inputs = {
  host: "unix:///nowhere.sock",
  place,
  image: "sha256:haproxy",
  volume: "slipway-test_switch-config",
  entries: [{ path: "haproxy.cfg", type: "file", content: "global", mode: 0o444, ...owner }] as const,
};

describe("files", () => {
  test("are written through a container that is never started and does not stay", async () => {
    const { written } = await files.reconcile(inputs);
    expect([...stack.host.files]).toEqual([["/volume/haproxy.cfg", "global"]]);
    expect(stack.host.trace).toEqual(["create files files", "put /volume", "remove files"]);
    expect(written).toMatch(/^[0-9a-f]{16}$/);
  });

  test("every write is told apart, and what tells it follows from nothing that was written", async () => {
    const first = await files.reconcile(inputs);
    expect((await files.reconcile(inputs)).written).not.toBe(first.written);
  });

  test("a container that a killed run left is replaced", async () => {
    stack.host.endBefore(1);
    await expect(files.reconcile(inputs)).rejects.toThrow("ended before");
    stack.host.nextProcess();
    await files.reconcile(inputs);
    expect(stack.host.roles()).toEqual([]);
    expect(stack.host.files.get("/volume/haproxy.cfg")).toBe("global");
  });

  test("another image is no reason to write them anew", () => {
    const before = { ...inputs } as Record<string, unknown>;
    expect(files.changed(before, { ...before, image: "sha256:other" })).toEqual([]);
    expect(files.changed(before, { ...before, entries: [] })).toEqual(["entries"]);
  });
});

describe("limits", () => {
  test("a container that the engine refuses to limit tells its own last lines", async () => {
    const id = await stack.host.create(container("redis", "sha256:redis"));
    stack.host.fault = (call) => call === "setLimits";
    const spec = container("redis", "sha256:redis");
    const wanted = { ...spec, host: "unix:///nowhere.sock", place, container: id };
    await expect(limits.reconcile(wanted)).rejects.toThrow(
      "the engine failed: setLimits\nthe container's last lines:\n    log of sha256:redis",
    );
  });
});

describe("migration", () => {
  const { data, schema } = rolloutInputs("sha256:old", "a");
  const bag: Record<string, unknown> = {
    host: "unix:///nowhere.sock",
    place,
    data,
    schema,
    set: "20260101T000000Z-backup-point",
    mode: "stop-first",
    back: "",
    reads: [],
    kind: "expand",
    soakHours: 24,
  };

  test("another schema, image or backup point asks for another rehearsal", () => {
    expect(migration.changed(bag, { ...bag, schema: { ...schema, target: "b" } })).toEqual(["schema"]);
    expect(migration.changed(bag, { ...bag, data: { ...data, image: "sha256:new" } })).toEqual(["image"]);
    expect(migration.changed(bag, { ...bag, set: "another" })).toEqual(["set"]);
  });

  test("so does another word on how to go back, what the code reads, and what kind of migration it is", () => {
    expect(migration.changed(bag, { ...bag, back: "schema" })).toEqual(["back"]);
    expect(migration.changed(bag, { ...bag, reads: ["b"] })).toEqual(["reads"]);
    expect(migration.changed(bag, { ...bag, kind: "contract" })).toEqual(["kind"]);
  });

  // The backup point is not taken anew for these, and may be pruned by then.
  test("how many sets are kept and where volumes are mounted is no reason", () => {
    expect(migration.changed(bag, { ...bag, data: { ...data, keep: 3, mounts: [] } })).toEqual([]);
    expect(migration.changed(bag, { ...bag, host: "unix:///elsewhere.sock" })).toEqual([]);
  });
});
