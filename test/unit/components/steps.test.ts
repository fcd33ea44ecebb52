import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../components/container/spec.ts";
import { packTar, readFirstFile } from "../../../components/steps/archive.ts";
import {
  commandFailure,
  indent,
  lastLines,
  messageOf,
  redact,
  StepFailure,
} from "../../../components/steps/failure.ts";
import {
  emptyJournal,
  type Journal,
  openGates,
  parseJournal,
  type Release,
  readJournal,
  writeJournal,
} from "../../../components/steps/journal.ts";
import { canonical, changedInputs } from "../../../components/steps/step.ts";
import { newStack } from "../../doubles/stack.ts";

describe("canonical", () => {
  test("sorts the keys of records at every depth, never the items of a list", () => {
    expect(canonical({ b: [{ d: 1, c: 2 }, 1], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},1]}');
    expect(canonical(["b", "a"])).toBe('["b","a"]');
  });

  test("a missing and an undefined value are one, null is another", () => {
    expect(canonical({ a: undefined })).toBe(canonical({}));
    expect(canonical(undefined)).toBe("undefined");
    expect(canonical(null)).toBe("null");
  });
});

describe("changedInputs", () => {
  test("the names that differ, sorted; order of keys and the loader's text do not count", () => {
    const before = { a: { x: 1, y: 2 }, b: 1, c: 1, __provider: "old", output: "x" };
    const wanted = { c: 2, b: 2, a: { y: 2, x: 1 }, __provider: "new" };
    expect(changedInputs(before, wanted)).toEqual(["b", "c"]);
    expect(changedInputs(before, wanted, ["b"])).toEqual(["c"]);
  });

  test("a new input counts, an output that nobody wants does not", () => {
    expect(changedInputs({ id: "made" }, { added: 1 })).toEqual(["added"]);
  });
});

describe("redact", () => {
  test("every place of every secret", () => {
    expect(redact("key=abcd1234 and abcd1234", ["abcd1234"])).toBe("key=*** and ***");
  });

  test("the longest first, so that no part of one stays", () => {
    expect(redact("password-and-more, password", ["password", "password-and-more"])).toBe("***, ***");
  });

  test("what is too short to be a secret does not blot out the text", () => {
    expect(redact("a cat sat", ["a", "", "cat"])).toBe("a cat sat");
  });

  test("a secret that looks like a pattern is taken by the letter", () => {
    expect(redact("x.*y$& and xAAy", ["x.*y$&"])).toBe("*** and xAAy");
  });

  test("a secret of several lines, in a text that was indented", () => {
    expect(
      redact(indent("-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----"), [
        "-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----",
      ]),
    ).not.toContain("MIIEvQIBADAN");
  });
});

describe("what a failure says", () => {
  test("the command, how it ended, its last lines", () => {
    const failure = commandFailure("migrating a to b", ["alembic", "upgrade", "b"], {
      exitCode: 1,
      output: "one\ntwo\n\n",
    });
    expect(failure).toBeInstanceOf(StepFailure);
    expect(failure.message).toBe(
      "migrating a to b: `alembic upgrade b` exited with 1; its last lines:\n    one\n    two",
    );
  });

  test("the last lines only", () => {
    const text = Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\n");
    expect(lastLines(text).split("\n")).toHaveLength(30);
    expect(lastLines(text, 2)).toBe("line 98\nline 99");
  });

  test("whatever was thrown", () => {
    expect(messageOf(new Error("text"))).toBe("text");
    expect(messageOf("text")).toBe("text");
  });
});

describe("archives", () => {
  const owner = { uid: 99, gid: 98 };
  const entries = [
    { path: "sub/", type: "directory", mode: 0o700, ...owner },
    { path: "sub/a.txt", type: "file", content: "é\n", mode: 0o400, ...owner },
    { path: "empty", type: "file", mode: 0o644, ...owner },
  ] as const;

  test("the first file comes back as it went in", async () => {
    expect(await readFirstFile(Readable.from(await packTar(entries)))).toBe("é\n");
  });

  test("an empty file is empty, a tar without a file has none", async () => {
    expect(await readFirstFile(Readable.from(await packTar([entries[2]])))).toBe("");
    expect(await readFirstFile(Readable.from(await packTar([entries[0]])))).toBeUndefined();
  });

  test("owner and mode are in it, and the same entries give the same bytes", async () => {
    const tar = await packTar(entries);
    expect(tar.subarray(0, 4).toString()).toBe("sub/");
    expect(tar.subarray(100, 124).toString()).toBe("000700 \u0000000143 \u0000000142 \u0000");
    expect((await packTar(entries)).equals(tar)).toBe(true);
  });
});

describe("the journal", () => {
  const release: Release = {
    id: "r1",
    image: "sha256:i",
    revision: "a",
    reads: ["b"],
    definition: "0123456789abcdef",
    since: "2026-01-01T00:00:00.000Z",
    replicas: [{ id: "c1", workload: "app", alias: "app-r1-0", madeBy: "r1", single: false, stopGraceSeconds: 30 }],
    traffic: { "app-8000": ["app-r1-0"] },
  };
  const full: Journal = {
    version: 2,
    owner: "file:///states",
    serving: release,
    previous: { ...release, id: "r0" },
    open: {
      release: "r2",
      phase: "switch",
      from: release,
      held: true,
      set: "s",
      back: { by: "restore", set: "s" },
      ready: { ...release, id: "r2" },
    },
    startedFrom: "s",
    bake: { release: "r1", until: "2026-01-01T00:01:00.000Z", baseline: { latency: 0.1 } },
    proved: "r1",
    undone: { release: "r3", definition: "d", why: "probe" },
    bad: [{ definition: "d", image: "sha256:bad", why: "5xx" }],
  };
  const mounted: ContainerSpec = {
    ...{ name: "n", image: "i", env: {}, user: "0:0", tmpfs: [], network: [], labels: {}, capabilities: [] },
    ...{ limits: { cpus: 1, memoryMb: 16, pids: 16 }, restart: "no" as const, stopGraceSeconds: 1 },
    mounts: [{ volume: "v", path: "/var/lib/slipway" }],
  };

  test("none at all is an empty one", () => {
    expect(parseJournal(undefined)).toEqual(emptyJournal);
  });

  test("is read as it was written, by way of a container that mounts it", async () => {
    const { host } = newStack();
    const id = await host.create(mounted);
    await writeJournal(host, id, full);
    expect(await readJournal(host, id)).toEqual(full);
    expect([...host.files.keys()]).toEqual(["/var/lib/slipway/journal.json"]);
  });

  test("an open gate is an empty file that every container may read, also when it is opened twice", async () => {
    const { host } = newStack();
    const id = await host.create(mounted);
    await openGates(host, id, ["r1", "r2"]);
    await openGates(host, id, ["r2"]);
    expect([...host.files]).toEqual([
      ["/var/lib/slipway/gates/r1", ""],
      ["/var/lib/slipway/gates/r2", ""],
    ]);
  });

  test.each([
    ["an unknown key", { ...full, secret: "x" }],
    ["an unknown key of a release", { ...full, serving: { ...release, env: {} } }],
    ["a missing field", { ...full, serving: { id: "r1" } }],
    ["an open release without its mark", { ...full, open: { release: "r2" } }],
    ["an unknown way back", { ...full, open: { ...full.open, back: { by: "luck" } } }],
    ["the journal of the version before", { serving: { id: "r1", container: "c1", image: "i", revision: "a" } }],
  ])("refuses %s", (_, journal) => {
    expect(() => parseJournal(JSON.stringify(journal))).toThrow(
      "the release journal on this host was written by another version of Slipway; take the stack down and start it again, its data stay: `npm run down`, then `npm start`",
    );
  });

  test("refuses to write what it could not read", async () => {
    const { host } = newStack();
    await expect(writeJournal(host, "c1", { ...full, more: 1 } as Journal)).rejects.toThrow();
    expect(host.files.size).toBe(0);
  });
});
