import { describe, expect, it } from "vitest";
import { callsIn, crowdOf, podsOf } from "../bench/scale/crowd.ts";
import { ordered, placeOne } from "../bench/scale/program.ts";
import { jsonLine, pointsOf, type Run, ratioOn, sizes, slopeOf, table } from "../bench/scale/spec.ts";
import { register } from "../doubles/mock-engine.ts";

/** Ours takes 2 s and 10 ms for each resource on mocks, 3 s and 30 ms on the engine; flat 2 s and 8 ms, 3 s and 25 ms. */
const runs: readonly Run[] = (["mocks", "engine"] as const).flatMap((ground) =>
  (["ours", "flat"] as const).flatMap((kind) =>
    sizes[ground].flatMap((systems) =>
      [-1, 0, 1].map((noise): Run => {
        const resources = systems * 65;
        const each = { mocks: { ours: 0.01, flat: 0.008 }, engine: { ours: 0.03, flat: 0.025 } }[ground][kind];
        const seconds = (ground === "mocks" ? 2 : 3) + each * resources + noise / 10;
        return { ground, kind, systems, resources, seconds, megabytes: 200 + resources / 4 };
      }),
    ),
  ),
);

describe("the slope", () => {
  it("is what one more resource takes, by the medians of the runs", () => {
    expect(slopeOf(pointsOf(runs, "mocks", "ours"), "seconds")).toBeCloseTo(0.01);
    expect(slopeOf(pointsOf(runs, "engine", "flat"), "seconds")).toBeCloseTo(0.025);
    expect(slopeOf(pointsOf(runs, "engine", "flat"), "megabytes")).toBeCloseTo(0.25);
  });

  it("of ours is held against that of the flat program on the same ground", () => {
    expect(ratioOn(runs, "mocks")).toBeCloseTo(1.25);
    expect(ratioOn(runs, "engine")).toBeCloseTo(1.2);
  });

  it("is no number when a size was not run", () => {
    const without = runs.filter(({ systems }) => systems !== 20);
    expect(() => ratioOn(without, "engine")).toThrow("no timing from");
  });
});

describe("what is told", () => {
  it("for machines: ours on mocks, then on the engine, and the ratio of the engine", () => {
    expect(JSON.parse(jsonLine(runs))).toEqual({
      resources: [65, 325, 1300, 6500, 65, 325, 1300],
      seconds: [2.65, 5.25, 15, 67, 4.95, 12.75, 42],
      slopeRatio: 1.2,
      megabytes: [216, 281, 525, 1825, 216, 281, 525],
    });
  });

  it("in words: each size beside the flat program's, then the slopes", () => {
    const lines = table(runs).split("\n");
    expect(lines).toContain("| engine | 20 | 1300 | 42.00 | 525 | 35.50 | 525 |");
    expect(lines.at(-2)).toBe(
      "mocks: 10.00 ms and 256 kB for each further resource, flat 8.00 ms and 256 kB: 1.25 times the seconds (goal: at most 1.3)",
    );
  });
});

describe("the flat program", () => {
  it("has each resource of one system after what it depends on", async () => {
    const all = ordered(await register(placeOne));
    const places = new Map(all.map(({ urn }, place) => [urn, place]));
    expect(places.size).toBe(all.length);
    expect(all.length).toBeGreaterThan(50);
    for (const [place, { dependencies, urn }] of all.entries())
      for (const before of dependencies)
        expect(places.get(before) ?? place, `${urn} after ${before}`).toBeLessThan(place);
  });
});

describe("many nodes", () => {
  const made = {
    metadata: { name: "web" },
    spec: {
      replicas: 3,
      selector: { matchLabels: { "slipway.stack": "s", "slipway.part": "web" } },
      template: { metadata: { labels: { "slipway.stack": "s", "slipway.part": "web" } }, spec: { containers: [] } },
    },
  };

  it("get the Deployments of each system, none of which chooses another's pods", () => {
    const crowd = crowdOf([made], "g", 2);
    expect(podsOf(crowd)).toBe(6);
    const labels = { "slipway.stack": "s1", "slipway.part": "web" };
    expect(crowd[1]).toMatchObject({
      metadata: { name: "web-1" },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [], nodeSelector: { "slipway.test/kwok": "g" } } },
      },
    });
  });

  it("make calls, which the API server counts", () => {
    const metrics = [
      'apiserver_request_total{code="201",resource="pods",verb="POST",version="v1"} 500',
      'apiserver_request_total{code="200",resource="pods",verb="LIST",version="v1"} 1.5e+01',
      'apiserver_request_duration_seconds_count{verb="POST"} 99',
    ];
    expect(callsIn(metrics.join("\n"))).toEqual({ all: 515, writes: 500 });
  });
});
