import { describe, expect, test } from "vitest";
import { label, labelsFor } from "../../../../components/container/spec.ts";
import type { Release } from "../../../../components/steps/journal.ts";
import { renderDrift } from "../../../../ops/drift/drift.ts";
import type { Host } from "../../../../ops/drift/host.ts";
import { judge } from "../../../../ops/drift/judge.ts";
import { driftState } from "../../../../ops/drift/state.ts";

const place = { stack: "blue", system: "orders" };
const limits = { cpus: 1, memoryMb: 256, pids: 64 };
const network = [{ name: "slipway-blue_private", aliases: ["redis"] }];
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const files = [{ path: "redis.conf", type: "file", content: "the-secret", mode: 0o400, uid: 0, gid: 0 }];
const written = { host: "unix:///nowhere.sock", place, image: "sha256:redis", volume: "slipway-blue_redis-config" };
const webLabels = labelsFor(place, "web", "workload");

const exported = JSON.stringify({
  deployment: {
    resources: [
      {
        type: "docker:index/container:Container",
        id: "c-redis",
        inputs: { name: "slipway-blue_redis", envs: secret(["A=b"]) },
      },
      { type: "docker:index/container:Container", id: "c-gone", delete: true, inputs: { name: "slipway-blue_redis" } },
      {
        type: "pulumi-nodejs:dynamic/slipway:steps:Limits",
        id: "x",
        inputs: { container: "c-redis", name: "slipway-blue_redis", limits, restart: "unless-stopped", network },
      },
      {
        type: "pulumi-nodejs:dynamic/slipway:steps:Files",
        id: "x",
        inputs: { ...written, entries: secret(files) },
      },
      { type: "docker:index/network:Network", id: "n1", inputs: { name: "slipway-blue_private", internal: true } },
      {
        type: "docker:index/volume:Volume",
        id: "slipway-blue_redis-data",
        protect: true,
        inputs: { name: "slipway-blue_redis-data", labels: [{ label: label.stack, value: "blue" }] },
      },
      { type: "docker:index/volume:Volume", id: "slipway-blue_run", inputs: { name: "slipway-blue_run" } },
      {
        type: "pulumi-nodejs:dynamic/slipway:steps:Rollout",
        id: "x",
        inputs: {
          workloads: [
            { container: { labels: webLabels, limits, network: [{ name: "slipway-blue_private", aliases: ["web"] }] } },
          ],
          data: { database: { kind: "postgres", name: "orders" } },
          schema: { revisionSql: "SELECT 1" },
        },
      },
    ].map((each) => ({ urn: `urn:pulumi:blue::slipway::${each.type}::${each.id}`, ...each })),
  },
});
const state = driftState(exported);

const replica = { id: "c-web", workload: "web", alias: "web-r1-0", madeBy: "r1", single: false, stopGraceSeconds: 1 };
const serving: Release = {
  id: "r1",
  image: "sha256:web",
  revision: "b",
  reads: [],
  definition: "d",
  since: "2026-01-01T00:00:00Z",
  replicas: [replica],
  traffic: {},
};
const kept = { running: true, limits, restart: "unless-stopped" };
const redis = {
  ...kept,
  id: "c-redis",
  name: "slipway-blue_redis",
  labels: labelsFor(place, "redis", "part"),
  networks: { "slipway-blue_private": ["redis"] },
};
const web = {
  ...kept,
  id: "c-web",
  name: "slipway-blue_web-r1-0",
  labels: { ...webLabels, [label.release]: "r1" },
  networks: { "slipway-blue_private": ["web", "web-r1-0"] },
};
const asLeft: Host = {
  containers: [redis, web],
  files: new Map([["slipway-blue_redis-config", new Map([["redis.conf", "the-secret"]])]]),
  networks: [{ id: "n1", name: "slipway-blue_private", internal: true, foreign: [] }],
  volumes: [
    { name: "slipway-blue_redis-data", labels: { [label.stack]: "blue" } },
    { name: "slipway-blue_run", labels: {} },
  ],
  journal: { version: 2, bad: [], serving },
  recorded: { revision: "b", lines: ["table t"] },
  schema: { revision: "b", lines: ["table t"] },
  firewall: [],
  lease: undefined,
};
const up = "npm start -- --stack blue";
const found = (host: Partial<Host>) => judge("blue", state, { ...asLeft, ...host });
const named = (host: Partial<Host>) => found(host).map(({ kind, name, is }) => `${kind} ${name}: ${is}`);

test("a stack as the last up left it has none", () => {
  expect(found({})).toEqual([]);
  expect(renderDrift("blue", [])).toBe("stack blue is as the last up left it");
});

describe("each drift is named with what was, what is and what mends it", () => {
  test("a part that is missing", () => {
    expect(found({ containers: [web] })).toEqual([
      { kind: "container", name: "slipway-blue_redis", was: "container c-redis", is: "missing", mend: up },
    ]);
  });

  test("rules of the firewall", () => {
    expect(found({ firewall: ["missing: drop", "added: tcp dport 80 accept"] })).toEqual([
      {
        kind: "firewall",
        name: "table inet slipway_blue",
        was: "the rules of the last up",
        is: "missing: drop; added: tcp dport 80 accept",
        mend: up,
      },
    ]);
  });

  test("a part that a hand made anew is named, and is no stray beside", () => {
    const other = { ...redis, id: "c-other" };
    expect(named({ containers: [web, other] })).toEqual([
      "container slipway-blue_redis: replaced by hand: container c-other",
      "container slipway-blue_redis: stray: it carries the stack's label and is of no release",
    ]);
  });

  test("a part that was stopped, renamed, limited or taken off its network", () => {
    const changed = { ...redis, name: "mine", running: false, limits: { ...limits, memoryMb: 9 }, networks: {} };
    expect(found({ containers: [web, changed] }).map(({ was, is, mend }) => [was, is, mend])).toEqual([
      ["name slipway-blue_redis", "name mine", "docker rename mine slipway-blue_redis"],
      ["state running", "state stopped", up],
      ["memory 256 MB", "memory 9 MB", up],
      ["network slipway-blue_private connected", "network slipway-blue_private disconnected", up],
    ]);
  });

  test("a replica that is missing, stopped or changed", () => {
    expect(named({ containers: [redis] })).toEqual(["container web-r1-0: missing"]);
    expect(named({ containers: [redis, { ...web, running: false }] })).toEqual(["container web-r1-0: stopped"]);
    expect(named({ containers: [redis, { ...web, restart: "no" }] })).toEqual([
      "container web-r1-0: restart policy no",
    ]);
  });

  test("a stray; what a step at work uses is none", () => {
    const stray = { ...web, id: "c-stray", name: "stray" };
    const session = { ...web, id: "c-session", labels: labelsFor(place, "observe", "session") };
    expect(named({ containers: [redis, web, stray, session] })).toEqual([
      "container stray: stray: it carries the stack's label and is of no release",
    ]);
  });

  test("a network with a stranger on it, missing, or made anew with a way out", () => {
    const [own] = asLeft.networks;
    if (own === undefined) throw new Error("no network");
    expect(found({ networks: [{ ...own, foreign: ["strange"] }] })[0]?.mend).toBe(
      "docker network disconnect --force slipway-blue_private strange",
    );
    expect(named({ networks: [] })).toEqual(["network slipway-blue_private: missing"]);
    expect(named({ networks: [{ ...own, id: "n2", internal: false }] })).toEqual([
      "network slipway-blue_private: replaced by hand: network n2, with a way out",
    ]);
  });

  test("a volume that is missing; one with data is never made anew silently", () => {
    const [data, run] = found({ volumes: [] });
    expect(run).toMatchObject({ name: "slipway-blue_run", is: "missing", mend: up });
    expect(data?.mend).toBe(
      `its data are gone: \`docker volume create --label slipway.stack=blue slipway-blue_redis-data\` makes an empty one, \`${up}\` starts on it, then restore a backup set`,
    );
  });

  test("a volume that a hand made anew has not the stack's labels", () => {
    const volumes = asLeft.volumes.map((each) => ({ ...each, labels: {} }));
    expect(named({ volumes })).toEqual([
      "volume slipway-blue_redis-data: another volume of that name: it has not the stack's labels",
    ]);
  });

  test("a file, by its path alone: what is in it may be secret", () => {
    const files = new Map([["slipway-blue_redis-config", new Map([["redis.conf", "another-secret"]])]]);
    const all = found({ files });
    expect(all).toEqual([
      {
        kind: "file",
        name: "redis.conf on volume slipway-blue_redis-config",
        was: "as it was written",
        is: "changed by hand",
        mend: up,
      },
    ]);
  });

  test("the schema, and a release that is open, undone or watched no more", () => {
    expect(named({ schema: { revision: "b", lines: ["index i", "table t"] } })).toEqual([
      "schema schema at revision b: new: index i",
    ]);
    const open = { release: "r2", phase: "probe", held: false };
    const undone = { release: "r3", definition: "d", why: "5xx" };
    const bake = { release: "r1", until: "2026-01-01T00:00:00Z", baseline: {} };
    expect(named({ journal: { ...asLeft.journal, open, undone, bake } })).toEqual([
      'release release r2: open at its phase "probe"',
      "release release r3: undone: 5xx",
      "release release r1: its bake time was cut off",
    ]);
    expect(named({ lease: "held by pid 1", journal: asLeft.journal })).toEqual(["release the host: held by pid 1"]);
  });
});

test("in words", () => {
  expect(renderDrift("blue", found({ containers: [web] }))).toBe(
    [
      "stack blue: 1 thing is other than the last up left it",
      "  container slipway-blue_redis",
      "    was: container c-redis",
      "    is: missing",
      `    mend: ${up}`,
    ].join("\n"),
  );
});

describe("the stack's state", () => {
  test("is read with its secrets, without what is about to be deleted", () => {
    expect(state.parts).toEqual([{ id: "c-redis", name: "slipway-blue_redis" }]);
    expect(state.files).toEqual([{ ...written, entries: files }]);
    expect(state.volumes.map(({ name, data }) => [name, data])).toEqual([
      ["slipway-blue_redis-data", true],
      ["slipway-blue_run", false],
    ]);
  });

  test("of an older Slipway lacks what that did not keep, and is read all the same", () => {
    const older = JSON.parse(exported);
    for (const each of older.deployment.resources) if (each.type.endsWith(":Limits")) delete each.inputs.restart;
    expect(driftState(JSON.stringify(older)).limits).toEqual([]);
  });

  test("of a stack that never ran has nothing", () => {
    expect(driftState('{"version":3,"deployment":{}}').parts).toEqual([]);
  });
});
