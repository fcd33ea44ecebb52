import { expect, it } from "vitest";
import { judged, problemsOf } from "../../../../ops/status/judge.ts";
import { type Facts, report } from "../../../../ops/status/report.ts";
import { brokenFacts, healthyFacts, healthyPart, replica } from "../../../fixtures/status.ts";

it("nothing is wrong where all is well", () => {
  expect(problemsOf(healthyFacts)).toEqual([]);
  expect(judged(healthyFacts).healthy).toBe(true);
});

it("what could not be asked is not healthy, and no problem of a part", () => {
  const verdict = judged({ ...healthyFacts, unanswered: [{ part: "prometheus", why: "no answer" }] });
  expect([verdict.healthy, verdict.problems]).toEqual([false, []]);
});

const part = (changes: Partial<Facts["parts"][number]>, of = healthyPart): Partial<Facts> => ({
  parts: [{ ...of, ...changes }],
});
/** A set of everything that was begun so long ago. */
const taken = (ageSeconds: number) => ({
  sets: 1,
  last: { name: "20261128T095900Z-backup", taken: healthyFacts.at, ageSeconds, kilobytes: 1 },
});
const release = healthyFacts.release;
if (release === null) throw new Error("the fixture has a release");
const [edge, authority] = healthyFacts.certificates;
const [trigger] = healthyFacts.triggers;
if (edge === undefined || authority === undefined || trigger === undefined) throw new Error("the fixture has them");
const busy = { purpose: "rollout", process: "7", machine: "here" };
const underWay = { ...healthyFacts.rollout, lease: busy, open: { release: "r2", phase: "migrate", held: true } };
const { host, database } = healthyFacts;
if (host === null || database === null) throw new Error("the fixture has them");

it.each<[what: string, changes: Partial<Facts>, problem: readonly [part: string, what: string]]>([
  [
    "a container that is gone",
    part({ state: "missing", container: "" }),
    ["redis", "is missing: its container is gone"],
  ],
  ["a stopped part", part({ state: "stopped", exitCode: 0 }), ["redis", "is stopped (it ended with 0)"]],
  [
    "one that ended for memory",
    part({ state: "stopped", exitCode: 137, outOfMemory: true }),
    ["redis", "is stopped (it ended with 137, for want of memory)"],
  ],
  ["an unhealthy replica", part({ health: "unhealthy" }, replica), ["backend", `${replica.container} is unhealthy`]],
  [
    "an unhealthy replica that says why",
    part({ health: "unhealthy", ready: false, says: { problem: "wanted status 200, got 503" } }, replica),
    ["backend", `${replica.container} is unhealthy: wanted status 200, got 503`],
  ],
  [
    "a replica that is not ready",
    part({ ready: false, says: { "services.redis.healthy": "false" } }, replica),
    ["backend", `${replica.container} is not ready by its own answer: services.redis`],
  ],
  [
    "a replica whose answer is wrong",
    part({ ready: false, says: { problem: "wanted status 200, got 503" } }, replica),
    ["backend", `${replica.container} is not ready by its own answer: wanted status 200, got 503`],
  ],
  [
    "a process that ends again and again",
    part({ restarts: 4, ageSeconds: 30 }),
    ["redis", "was started again 4 times, last 30 s ago"],
  ],
  [
    "a worker that ends long after a set was taken",
    { ...part({ restarts: 1, ageSeconds: 50 }, replica), backup: taken(300) },
    [replica.part, `${replica.container} was started again 1 times, last 50 s ago`],
  ],
  ["no release", { release: null }, ["release", "none serves"]],
  [
    "a deviation",
    { rollout: { ...healthyFacts.rollout, deviation: "a release was cut off" } },
    ["release", "a release was cut off"],
  ],
  [
    "a release without proof",
    { release: { ...release, proved: false } },
    ["release", `${release.id} serves, but no smoke test proved it`],
  ],
  [
    "a database that does not answer",
    { database: { ...database, connected: false } },
    ["database", "postgres does not answer"],
  ],
  [
    "another schema",
    { database: { ...database, revision: "0001" } },
    ["database", `the schema is at 0001, release ${release.id} was proved with 0002_orders`],
  ],
  [
    "a certificate that ended",
    { certificates: [{ ...edge, daysLeft: -1 }] },
    ["edge", "the certificate of tria.localhost has ended"],
  ],
  [
    "one that nobody trusts",
    { certificates: [{ ...edge, trusted: false }] },
    ["edge", "the certificate of tria.localhost is not what a client trusts"],
  ],
  [
    "one that was not renewed",
    { certificates: [{ ...authority, due: true, daysLeft: 30 }] },
    ["authority", "the certificate of authority ends in 30 days and was not renewed"],
  ],
  [
    "a trigger",
    { triggers: [{ ...trigger, tripped: "5xx answers: 2 %, allowed 1 %" }] },
    ["trigger", "5xx answers: 2 %, allowed 1 %"],
  ],
  [
    "an alert",
    { alerts: [{ name: "Down", severity: "critical", summary: "gone", since: healthyFacts.at }] },
    ["alert", "Down (critical): gone"],
  ],
  [
    "memory (guide 002:556)",
    { host: { ...host, memoryAvailableBytes: 300 * 1024 ** 2 } },
    ["host", "300 MB of 4 GB memory are left"],
  ],
  [
    "disk (guide 002:557)",
    { host: { ...host, diskFreeBytes: 900 * 1024 ** 2 } },
    ["host", "900 MB of the disk are left"],
  ],
  ["no backup", { backup: { sets: 0, last: null } }, ["backup", "there is no backup set"]],
])("%s is told under its part", (_, changes, [name, what]) => {
  expect(problemsOf({ ...healthyFacts, ...changes })).toEqual([{ part: name, what }]);
});

it.each<[what: string, changes: Partial<Facts>]>([
  ["a process that was started again long ago", part({ restarts: 4, ageSeconds: 7200 })],
  [
    "a worker that was held while a set was taken",
    { ...part({ restarts: 1, ageSeconds: 50 }, replica), backup: taken(70) },
  ],
  [
    "an alert that wakes nobody",
    { alerts: [{ name: "Watchdog", severity: "none", summary: "", since: healthyFacts.at }] },
  ],
  [
    "a release that is under way",
    { release: { ...release, proved: false }, rollout: { ...healthyFacts.rollout, lease: busy } },
  ],
  ["a release that was only now committed", { release: { ...release, proved: false, since: healthyFacts.at } }],
  [
    "what a release stops while it is under way",
    { ...part({ state: "stopped" }, replica), database: { ...database, connected: false }, rollout: underWay },
  ],
  ["a first release that is under way", { release: null, rollout: { ...healthyFacts.rollout, lease: busy } }],
  [
    "a schema that a release is changing",
    {
      database: { ...database, revision: "0003" },
      rollout: underWay,
    },
  ],
])("%s is no problem", (_, changes) => {
  expect(problemsOf({ ...healthyFacts, ...changes })).toEqual([]);
});

it("a release that was cut off excuses nothing", () => {
  const rollout = { ...underWay, lease: null, deviation: "a release was cut off" };
  expect(problemsOf({ ...healthyFacts, ...part({ state: "stopped", exitCode: 0 }, replica), rollout })).toEqual([
    { part: "backend", what: `${replica.container} is stopped (it ended with 0)` },
    { part: "release", what: "a release was cut off" },
  ]);
});

it("what is printed is what its schema says", () => {
  for (const facts of [healthyFacts, brokenFacts]) {
    const found = judged(facts);
    expect(report.strict().parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
  }
});
