import { expect, it } from "vitest";
import { goldenOf, minuteEnds, nothingMetered } from "../../../../ops/status/golden.ts";
import { quantile, requestIn } from "../../../../ops/status/requests.ts";

const before = "unix:1 [28/Nov/2026:11:11:53.114]";
const after = '545 - - ---- 1/1/0/0/0 0/0 "POST /api HTTP/1.1"';

it.each([
  ["an answer", `${before} route0 app-8000/slot1 0/0/0/21/22 200 ${after}`, { failed: false, ms: 21 }],
  [
    "one that waited at the switch",
    `${before} route0 app-8000/slot1 0/3000/5/21/3030 200 ${after}`,
    { failed: false, ms: 3026 },
  ],
  ["a failure", `${before} route0 app-8000/slot1 0/0/0/3/3 503 ${after}`, { failed: true, ms: 3 }],
  [
    "a client that went away first",
    `${before} route0 app-8000/slot1 0/0/0/-1/9 -1 ${after}`,
    { failed: false, ms: undefined },
  ],
  [
    "a private path, which no server saw",
    `${before} route0 route0/<NOSRV> 0/-1/-1/-1/0 404 ${after}`,
    { failed: false, ms: undefined },
  ],
  ["a stream that goes on", `${before} route1 app-8001/slot2 0/0/1/4/+60000 200 ${after}`, { failed: false, ms: 5 }],
  [
    "raw TCP",
    "10.0.0.2:1 [28/Nov/2026:11:11:53.114] tcp-3001 mcp-3001/slot1 1/0/50 512 -- 1/1/0/0/0 0/0",
    { failed: false, ms: undefined },
  ],
  [
    "public raw TCP that a server broke off",
    "10.0.0.2:1 [28/Nov/2026:11:11:53.114] public-3001~ mcp-3001/slot1 1/0/50 512 SD 1/1/0/0/0 0/0",
    { failed: true, ms: undefined },
  ],
])("%s is a request", (_, line, found) => {
  expect(requestIn(line, 7)).toEqual({ at: 7, ...found });
});

it.each([
  ["a candidate's probe", `${before} candidate-app-8000 candidate-app-8000/slot1 0/0/0/3/3 200 ${after}`],
  ["a server that is up", "Server app-8000/slot1 is UP/READY (leaving forced maintenance)."],
  ["a warning", "[WARNING]  (8) : app-8000/slot1: IP changed from '(none)' to '172.19.0.6' by 'engine/docker'."],
])("%s is none", (_, line) => {
  expect(requestIn(line, 7)).toBeUndefined();
});

it("a quantile is a value that was there", () => {
  const hundred = Array.from({ length: 100 }, (_, place) => 100 - place);
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.5), quantile([], 0.5)]).toEqual([
    50,
    99,
    7,
    undefined,
  ]);
});

const now = Date.parse("2026-11-28T12:00:00.000Z");
const ago = (seconds: number, failed = false, ms = 10) => ({ at: now - seconds * 1000, failed, ms });

it("counts the hour from the log, exactly", () => {
  const golden = goldenOf([ago(1), ago(2, true, 90), ago(61), ago(3600), ago(4000)], nothingMetered, now, {
    from: 0,
    whole: false,
  });
  expect({ ...golden, minutes: golden.minutes.slice(-2) }).toEqual({
    from: "2026-11-28T11:00:00.000Z",
    requests: 3,
    requestsPerSecond: 0.0008333,
    errorRatio: 0.3333,
    p50Ms: 10,
    p99Ms: 90,
    latencyFrom: "2026-11-28T11:00:00.000Z",
    saturation: null,
    minutes: [
      {
        at: "2026-11-28T11:59:00.000Z",
        requestsPerSecond: 0.01667,
        errorRatio: 0,
        p50Ms: 10,
        p99Ms: 10,
        saturation: null,
      },
      {
        at: "2026-11-28T12:00:00.000Z",
        requestsPerSecond: 0.03333,
        errorRatio: 0.5,
        p50Ms: 10,
        p99Ms: 90,
        saturation: null,
      },
    ],
  });
  expect(golden.minutes).toHaveLength(60);
});

it("where the log was rotated away Prometheus counts, and the quantiles say since when", () => {
  const ends = minuteEnds(now);
  const [first = 0] = ends;
  const requests = new Map(ends.map((end) => [end, 120]));
  const metered = { requests, errors: new Map([[first, 12]]), saturation: new Map([[first, 0.4]]) };
  const logFrom = now - 90_000;
  const golden = goldenOf([ago(10), ago(80)], metered, now, { from: logFrom, whole: false });
  expect(golden.minutes[0]).toEqual({
    at: new Date(first).toISOString(),
    requestsPerSecond: 2,
    errorRatio: 0.1,
    p50Ms: null,
    p99Ms: null,
    saturation: 0.4,
  });
  // The minute in which the log begins is the larger of both; the last is the log's alone.
  expect(golden.minutes.slice(-2).map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([2, 0.01667]);
  expect([golden.requests, golden.saturation, golden.latencyFrom]).toEqual([
    59 * 120 + 1,
    0.4,
    new Date(logFrom).toISOString(),
  ]);
});

it("a switch that began within the hour has the whole of its first minute in its log: Prometheus only guesses there", () => {
  const ends = minuteEnds(now);
  const metered = { ...nothingMetered, requests: new Map(ends.map((end) => [end, 2.3])) };
  const golden = goldenOf([ago(10), ago(80), ago(85)], metered, now, { from: now - 90_000, whole: true });
  expect(golden.requests).toBe(Math.round(58 * 2.3 + 3));
  expect(golden.minutes.slice(-2).map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([0.03333, 0.01667]);
});

it("an hour without a request has no ratio and no latency", () => {
  expect(goldenOf([], nothingMetered, now, { from: 0, whole: false })).toMatchObject({
    requests: 0,
    errorRatio: null,
    p50Ms: null,
    p99Ms: null,
  });
});
