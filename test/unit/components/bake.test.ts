import { describe, expect, test } from "vitest";
import { judge } from "../../../components/bake/judge.ts";
import { askPrometheus, readValue } from "../../../components/bake/prometheus.ts";
import { meanLatency, noneOf, question, switchTriggers, type Trigger } from "../../../components/bake/spec.ts";
import { type Ask, measure, type Watch, watch } from "../../../components/bake/watch.ts";
import { curlConfigVariable } from "../../../components/probe/spec.ts";
import type { Command } from "../../../components/steps/runner.ts";

const ratio: Trigger = { kind: "ratio", name: "errors", promql: "r[$window]", above: 0.01, guide: "g" };
const latency: Trigger = { kind: "baseline", name: "latency", promql: "l[$window]", times: 2, floor: 0.05, guide: "g" };
const count: Trigger = { kind: "count", name: "failures", promql: "c[$window]", above: 0, guide: "g" };

describe("judge", () => {
  test.each<[string, Trigger, number | undefined, string | undefined]>([
    ["at the limit", ratio, 0.01, undefined],
    ["above it", ratio, 0.0251, "errors: 2.51 %, allowed 1 % (g)"],
    ["no data", ratio, undefined, undefined],
    ["0/0", ratio, Number.NaN, undefined],
    ["1/0", ratio, Number.POSITIVE_INFINITY, undefined],
    ["twice the baseline", latency, 0.2, undefined],
    ["more than twice", latency, 0.25, "latency: 0.25, 2 times the 0.1 before the release is allowed (g)"],
    ["none", count, 0, undefined],
    ["one", count, 1, "failures: 1, allowed 0 (g)"],
  ])("%s", (_, trigger, now, expected) => {
    expect(judge(trigger, { latency: 0.1 }, now)).toBe(expected);
  });

  test("a baseline that is not known, or a value below the floor, says nothing", () => {
    expect(judge(latency, {}, 100)).toBeUndefined();
    expect(judge(latency, { latency: 0.001 }, 0.049)).toBeUndefined();
    expect(judge(latency, { latency: 0.001 }, 0.05)).toBe(
      "latency: 0.05, 2 times the 0.001 before the release is allowed (g)",
    );
  });
});

describe("questions", () => {
  test("the window in whole seconds, at least one, wherever it stands", () => {
    expect(question({ ...ratio, promql: "a[$window] / b[$window]" }, 59.6)).toBe("a[60s] / b[60s]");
    expect(question(ratio, 0.2)).toBe("r[1s]");
  });

  test("of the switch, for each backend", () => {
    const [errors, slow, ...others] = switchTriggers(["app-8000", "app-8001"]);
    expect(errors).toEqual({
      kind: "ratio",
      name: "5xx answers of app-8000",
      promql:
        'sum(increase(haproxy_backend_http_responses_total{job="switch",proxy="app-8000",code="5xx"}[$window])) / (sum(increase(haproxy_backend_http_responses_total{job="switch",proxy="app-8000"}[$window])) >= 50)',
      above: 0.01,
      guide: 'guide 004, "When to Rollback": 5xx error rate >1%',
    });
    expect(slow).toEqual({
      kind: "baseline",
      name: "request latency of app-8000",
      promql:
        '(sum(haproxy_backend_response_time_average_seconds{job="switch",proxy="app-8000"}) - sum(haproxy_backend_response_time_average_seconds{job="switch",proxy="app-8000"} offset $window) * exp(-(sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"}) - sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"} offset $window)) / 512)) / (1 - exp(-(sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"}) - sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"} offset $window)) / 512)) and ((sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"}) - sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"} offset $window)) >= 50) and (sum(haproxy_backend_http_requests_total{job="switch",proxy="app-8000"} offset $window) >= 512)',
      times: 2,
      floor: 0.05,
      guide: 'guide 004, "When to Rollback": Query latency >2x baseline',
    });
    expect(others.map(({ name }) => name)).toEqual(["5xx answers of app-8001", "request latency of app-8001"]);
  });

  test("of a system's own metrics", () => {
    expect(meanLatency("database", "query_seconds", 0.01)).toMatchObject({
      kind: "baseline",
      promql: "sum(increase(query_seconds_sum[$window])) / (sum(increase(query_seconds_count[$window])) >= 50)",
      floor: 0.01,
    });
    expect(noneOf("failed queries", 'queries_total{result="error"}')).toMatchObject({
      kind: "count",
      promql: 'sum(increase(queries_total{result="error"}[$window]))',
      above: 0,
    });
  });
});

/** A watch on a clock that only `pause` moves; each trigger's values in order, the last one for ever. */
function watched(
  values: Readonly<Record<string, readonly (number | undefined | Error)[]>>,
  options: Partial<Watch> = {},
) {
  let now = 0;
  const asked: string[] = [];
  const left = new Map(Object.entries(values).map(([key, list]) => [key, [...list]]));
  const ask: Ask = async (query) => {
    asked.push(`${now / 1000}: ${query}`);
    const list = left.get(query.slice(0, 1)) ?? [];
    const value = list.length > 1 ? list.shift() : list[0];
    if (value instanceof Error) throw value;
    return value;
  };
  const pause = async (ms: number) => {
    now += ms;
  };
  const result = watch({
    ask,
    triggers: [ratio, latency, count],
    baseline: { latency: 0.1 },
    seconds: 60,
    everySeconds: 15,
    alive: async () => undefined,
    mayGoOn: async () => undefined,
    clock: { now: () => now, pause },
    ...options,
  });
  return { result, asked, time: () => now / 1000 };
}

const calm = { r: [0], l: [0.1], c: [0] };

describe("watch", () => {
  test("a release that behaves is watched to the end, with windows that begin at the switch", async () => {
    const { result, asked } = watched(calm, { seconds: 100, everySeconds: 40, triggers: [ratio] });
    expect(await result).toEqual({ samples: 3, seconds: 100, silent: [] });
    expect(asked).toEqual(["40: r[40s]", "80: r[60s]", "100: r[60s]"]);
  });

  test("trips when a trigger trips twice in a row", async () => {
    const { result } = watched({ ...calm, r: [0, 0.02, 0.03] });
    expect(await result).toEqual({ tripped: "errors: 3 %, allowed 1 % (g)", samples: 3, seconds: 45, silent: [] });
  });

  test("a single sample, or two triggers once each, are noise", async () => {
    const once = await watched({ ...calm, r: [0, 0.02, 0, 0.02, 0] }).result;
    expect(once).toEqual({ samples: 5, seconds: 75, silent: [] });
    const alternating = await watched({ ...calm, r: [0, 0.02, 0], l: [0.1, 0.1, 0.9, 0.1] }).result;
    expect(alternating).toEqual({ samples: 4, seconds: 60, silent: [] });
  });

  test("what trips first at the very end is looked at once more", async () => {
    const bad = await watched({ ...calm, c: [0, 0, 0, 1] }).result;
    expect(bad).toEqual({ tripped: "failures: 1, allowed 0 (g)", samples: 5, seconds: 75, silent: [] });
    const other = await watched({ ...calm, c: [0, 0, 0, 1, 0], r: [0, 0, 0, 0, 1] }).result;
    expect(other).toEqual({ samples: 5, seconds: 75, silent: [] });
  });

  test("no data trips nothing, and is told", async () => {
    const { result } = watched({ r: [undefined], l: [Number.NaN], c: [0] });
    expect(await result).toEqual({ samples: 4, seconds: 60, silent: ["errors", "latency"] });
  });

  test("a gap between two bad samples is not twice in a row", async () => {
    const { result } = watched({ ...calm, r: [0.5, undefined, 0.5, undefined] });
    expect(await result).toEqual({ samples: 4, seconds: 60, silent: [] });
  });

  test("a Prometheus that does not answer undoes nothing, and is told", async () => {
    const { result } = watched({ r: [new Error("down")], l: [0.1], c: [0] });
    expect(await result).toEqual({ samples: 4, seconds: 60, silent: ["errors"], unanswered: "errors: down" });
  });

  test("a dead container or wrong data end it at once, before any question", async () => {
    let rounds = 0;
    const dies = async () => (++rounds === 2 ? "app ended with exit code 3" : undefined);
    const dead = watched(calm, { alive: dies });
    expect(await dead.result).toMatchObject({ tripped: "app ended with exit code 3", samples: 1, seconds: 30 });
    const wrong = watched(calm, { valid: async () => 'assertion "statuses" answered 3' });
    expect(await wrong.result).toEqual({
      tripped: 'assertion "statuses" answered 3',
      samples: 0,
      seconds: 15,
      silent: ["errors", "latency", "failures"],
    });
    expect(wrong.asked).toEqual([]);
  });

  test("stops when the step must: asked in each round, before anything else", async () => {
    let rounds = 0;
    const { result, asked, time } = watched(calm, {
      mayGoOn: async () => {
        if (++rounds === 2) throw new Error("the engine is gone");
      },
    });
    await expect(result).rejects.toThrow("the engine is gone");
    expect([time(), asked.length]).toEqual([30, 3]);
  });

  test("no seconds at all: one round", async () => {
    expect(await watched(calm, { seconds: 0 }).result).toEqual({ samples: 1, seconds: 0, silent: [] });
  });
});

describe("measure", () => {
  test("asks only what is compared, and leaves out what has no value", async () => {
    const asked: string[] = [];
    const other: Trigger = { ...latency, name: "other", promql: "o[$window]" };
    const broken: Trigger = { ...latency, name: "broken", promql: "b[$window]" };
    const ask: Ask = async (query) => {
      asked.push(query);
      if (query.startsWith("b")) throw new Error("down");
      return query.startsWith("l") ? 0.1 : undefined;
    };
    expect(await measure(ask, [ratio, latency, other, broken], 30)).toEqual({ latency: 0.1 });
    expect(asked).toEqual(["l[30s]", "o[30s]", "b[30s]"]);
  });
});

const vector = (...values: readonly string[]) =>
  JSON.stringify({
    status: "success",
    data: { resultType: "vector", result: values.map((value) => ({ metric: {}, value: [1_795_000_000.1, value] })) },
  });

describe("Prometheus' answers", () => {
  test.each([
    ["one", vector("0.25"), 0.25],
    ["none", vector(), undefined],
    ["0/0", vector("NaN"), undefined],
    ["1/0", vector("+Inf"), undefined],
    ["a scalar", '{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}', 3],
    ["with warnings", '{"status":"success","data":{"resultType":"scalar","result":[1,"3"]},"warnings":["w"]}', 3],
  ])("%s", (_, body, expected) => {
    expect(readValue({ status: 200, body })).toBe(expected);
  });

  test.each([
    ["several series", 200, vector("1", "2"), "Prometheus answered 2 series; the question must add them up to one"],
    [
      "a question that is wrong",
      400,
      '{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}',
      "Prometheus refused the question: bad_data: parse error: unexpected end",
    ],
    ["another server", 200, "<html>", "Prometheus answered 200 and not a value: <html>"],
    ["another status", 503, vector("1"), `Prometheus answered 503 and not a value: ${vector("1")}`],
    [
      "a matrix",
      200,
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      'Prometheus answered 200 and not a value: {"status":"success","data":{"resultType":"matrix","result":[]}}',
    ],
  ])("%s", (_, status, body, message) => {
    expect(() => readValue({ status, body })).toThrow(message);
  });

  test("asked by curl with the question in its environment", async () => {
    const commands: Command[] = [];
    const session = (output: string) => ({
      id: "s",
      run: async (command: Command) => {
        commands.push(command);
        return { exitCode: 0, output };
      },
      must: async () => "",
    });
    expect(await askPrometheus(session(`${vector("2")}\n200`), "http://prometheus:9090")('sum(a{b="c"}[60s])')).toBe(2);
    expect(commands[0]?.argv.join(" ")).not.toContain("sum");
    expect(commands[0]?.env?.[curlConfigVariable]).toContain(
      'url = "http://prometheus:9090/api/v1/query?query=sum(a%7Bb%3D%22c%22%7D%5B60s%5D)"',
    );
    await expect(askPrometheus(session("curl: (6) no host"), "http://p:1")("up")).rejects.toThrow(
      "Prometheus did not answer: curl: (6) no host",
    );
  });
});
