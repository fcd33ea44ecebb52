import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Inspected } from "../bench/compose-file.ts";
import { assertShortLived, renewCertificate } from "../bench/release/certificate.ts";
import { scaleArguments, services, staticSwitchConfig, switchConfigVolume } from "../bench/release/compose-plan.ts";
import { ContainerCount } from "../bench/release/container-count.ts";
import { excerpt, kindOfError, kindOfStatus } from "../bench/release/failure.ts";
import { Histogram } from "../bench/release/histogram.ts";
import { versionOf } from "../bench/release/https-transport.ts";
import { type LoadConfig, type LoadReport, loadConfig, type WindowReport } from "../bench/release/load-config.ts";
import { LoadProcess } from "../bench/release/load-process.ts";
import { wantedAt } from "../bench/release/open-loop.ts";
import { carried, failedOf, jsonLine, kept, type Result, requestsOf, table } from "../bench/release/report.ts";
import { load, loadOf, type Scenario } from "../bench/release/scenario.ts";
import { scenariosOf } from "../bench/release/scenarios.ts";
import { StreamLog } from "../bench/release/stream-log.ts";
import { Tally } from "../bench/release/tally.ts";
import { compareWrites, type Outcome } from "../bench/release/under-load.ts";

const config: LoadConfig = {
  port: 1,
  host: "tmws.localhost",
  caFile: "",
  requestsPerSecond: 100,
  postShare: 0.25,
  freshShare: 0.1,
  connections: 4,
  timeoutMs: 800,
  protocol: {
    transport: "https",
    get: { path: "/health" },
    post: { path: "/memories", body: '{"text":"$key"}', headers: { "idempotency-key": "$key" } },
    stream: { path: "/stream", by: "websocket" },
  },
  keyPrefix: "k-",
  acknowledgedFile: "",
  streams: { count: 0, backWithinMs: 2000, silentAfterMs: 5000 },
};

function within(value: number | undefined, wanted: number): boolean {
  return value !== undefined && value >= wanted && value <= wanted * 1.02;
}

describe("histogram", () => {
  it("tells percentiles at most 2 % too high, and the largest exactly", () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1000; ms++) histogram.record(ms);
    expect([0.5, 0.9, 0.99].map((share) => within(histogram.percentileMs(share), share * 1000))).toEqual([
      true,
      true,
      true,
    ]);
    expect([histogram.percentileMs(1), histogram.maxMs, histogram.count]).toEqual([1000, 1000, 1000]);
  });

  it("has no percentile of nothing, and one value for one latency", () => {
    const histogram = new Histogram();
    expect(histogram.percentileMs(0.5)).toBeUndefined();
    histogram.record(0.02);
    expect(histogram.percentileMs(0.01)).toBe(0.02);
    histogram.record(7);
    expect([histogram.percentileMs(0.5), histogram.percentileMs(0.51)]).toEqual([0.1, 7]);
  });

  it("is the same after its way between two processes, and merges", () => {
    const [one, other] = [new Histogram(), new Histogram()];
    for (const ms of [1, 2, 3]) one.record(ms);
    for (const ms of [500, 800]) other.record(ms);
    const sent = JSON.parse(JSON.stringify([one.data(), other.data()]));
    const merged = Histogram.from(...sent);
    expect([merged.count, merged.maxMs, within(merged.percentileMs(0.6), 3)]).toEqual([5, 800, true]);
    expect(Histogram.from(sent[0]).data()).toEqual(one.data());
  });
});

describe("failures", () => {
  const error = (code: string) => Object.assign(new Error("broken"), { code });

  it.each([
    ["ECONNREFUSED", "refused"],
    ["ECONNRESET", "reset"],
    ["EPIPE", "reset"],
    ["ETIMEDOUT", "timeout"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["EMFILE", "error EMFILE"],
  ])("%s before an answer is %s, and any is a cut one after its head", (code, kind) => {
    expect([kindOfError(error(code), false), kindOfError(error(code), true)]).toEqual([kind, "cut"]);
  });

  it("are every status but 2xx", () => {
    expect([199, 200, 201, 204, 299, 302, 404, 429, 502].map(kindOfStatus)).toEqual([
      "status 199",
      undefined,
      undefined,
      undefined,
      undefined,
      "status 302",
      "status 404",
      "status 429",
      "status 502",
    ]);
  });

  it("are told on one line", () => {
    expect(excerpt("<h1>503\n\n  Unavailable</h1>\n")).toBe("<h1>503 Unavailable</h1>");
  });
});

describe("open loop", () => {
  it("spreads methods and fresh connections evenly, at a steady rate, each with its own key", () => {
    const all = Array.from({ length: 100 }, (_, n) => wantedAt(config, 5000, n));
    expect(all.slice(0, 5).map((each) => [each.method, each.due, each.key])).toEqual([
      ["GET", 5000, "k-0"],
      ["GET", 5010, "k-1"],
      ["GET", 5020, "k-2"],
      ["POST", 5030, "k-3"],
      ["GET", 5040, "k-4"],
    ]);
    expect(all.filter((each) => each.method === "POST").length).toBe(25);
    const fresh = all.filter((each) => each.fresh);
    expect([fresh.length, fresh.every((each) => each.method === "GET")]).toEqual([7, true]);
  });

  it("reads a version where there is one, and knows what is no JSON", () => {
    expect(['{"version":"2.4.0"}', '{"id":1}', "3", "<html>", ""].map(versionOf)).toEqual([
      { json: true, version: "2.4.0" },
      { json: true },
      { json: true },
      { json: false },
      { json: false },
    ]);
  });
});

describe("windows", () => {
  const answer = (due: number, done: number, version?: string) => ({ method: "GET", due, done, version }) as const;

  it("count a request where it was due, and a hold where it ended", () => {
    const tally = new Tally(0);
    tally.good(answer(0, 10, "1"));
    tally.mark("image", 100);
    tally.good(answer(90, 4000, "1"));
    tally.good(answer(200, 4010, "2"));
    tally.bad("POST", 95, "reset", "socket hang up");
    tally.bad("POST", 300, "status 502", "");
    tally.bad("GET", 310, "status 502", "");
    const [before, during] = tally.report(5000);
    expect(before).toMatchObject({ name: "warm up", seconds: 0.1, requests: 3, failed: 1, byKind: { reset: 1 } });
    expect(before).toMatchObject({ holdMs: 10, versions: { "1": 2 } });
    expect(during).toMatchObject({ name: "image", seconds: 4.9, requests: 3, failed: 2, byKind: { "status 502": 2 } });
    expect(during).toMatchObject({ holdMs: 3990, versions: { "2": 1 } });
    expect([before?.latency.maxMs, during?.latency.maxMs]).toEqual([3910, 3810]);
  });

  it("count a silence that never ends", () => {
    const tally = new Tally(0);
    tally.good(answer(0, 10));
    expect(tally.report(9010)[0]?.holdMs).toBe(9000);
  });

  it("keep the first 50 failures by words and count all", () => {
    const tally = new Tally(0);
    for (let n = 0; n < 70; n++) tally.bad("GET", n * 10, "refused", `number ${n}`);
    expect(tally.failures.length).toBe(50);
    expect(tally.failures[49]).toEqual({ at: 0.49, method: "GET", kind: "refused", detail: "number 49" });
    expect(tally.report(1000)[0]?.failed).toBe(70);
  });
});

describe("streams", () => {
  function streams(): { tally: Tally; log: StreamLog; failed: () => Record<string, number> } {
    const tally = new Tally(0);
    const log = new StreamLog(tally, 2000);
    log.message(0, "1", 100);
    return { tally, log, failed: () => ({ ...tally.report(100_000).at(-1)?.byKind }) };
  }

  it("may be closed with a close frame and come back, however long both were held", () => {
    const { tally, log, failed } = streams();
    log.closed(0, 1012, 1000, "");
    log.answered(900, 1100);
    log.answered(1500, 8000);
    log.message(0, "2", 9900);
    expect(failed()).toEqual({});
    expect(tally.report(10_000)[0]).toMatchObject({ closed: { "1012": 1 }, backMs: 8900 });
  });

  it("fail when cut without a close frame", () => {
    const { tally, log, failed } = streams();
    log.closed(0, 1006, 1000, "");
    log.message(0, "1", 1200);
    expect(failed()).toEqual({ "stream cut": 1 });
    expect(tally.failures[0]).toEqual({
      at: 1,
      method: "STREAM",
      kind: "stream cut",
      detail: "stream 0 of 1: no close frame",
    });
  });

  it("fail when back more than 2 s after the first answer to a request that was sent after their end", () => {
    const { log, failed } = streams();
    log.closed(0, 1012, 1000, "");
    log.answered(1001, 1010);
    log.message(0, "2", 3011);
    expect(failed()).toEqual({ "stream late": 1 });
  });

  it("fail when back on the old release, and only while a release is expected", () => {
    const { tally, log, failed } = streams();
    tally.mark("image", 500, "2");
    log.closed(0, 1012, 1000, "");
    log.message(0, "1", 1100);
    log.closed(0, 1012, 1200, "");
    log.message(0, "2", 1300);
    expect(failed()).toEqual({ "stream old": 1 });
  });

  it("do not end twice: a failed attempt to come back is none", () => {
    const { tally, log } = streams();
    log.closed(0, 1012, 1000, "");
    for (const now of [1100, 1200, 1300]) log.closed(0, 1006, now, "502");
    expect(tally.report(2000)[0]).toMatchObject({ closed: { "1012": 1 }, failed: 0 });
    expect(log.open).toBe(0);
  });

  it("fail when they are open and silent, once", () => {
    const { log, failed } = streams();
    expect([log.silent(5000, 5000), log.silent(5101, 5000), log.silent(5200, 5000)]).toEqual([[], [0], []]);
    expect(failed()).toEqual({ "stream silent": 1 });
  });

  it("fail at the end when they never came, or are still away", () => {
    const { tally, log, failed } = streams();
    log.message(1, "1", 100);
    log.closed(1, 1012, 90_000, "");
    log.finish(93_000, 3);
    expect(failed()).toEqual({ "stream late": 2 });
    expect(tally.failures.map((each) => each.detail)).toEqual([
      "stream 1 of 1 never came back",
      "stream 2 never had a message",
    ]);
  });
});

describe("writes", () => {
  it("are lost when acknowledged without a row; a row without acknowledgement is fine", () => {
    expect(compareWrites(["a", "b", "c"], ["a", "c", "d", "c"])).toEqual({ acknowledged: 3, lost: 1, doubled: 1 });
    expect(compareWrites([], [])).toEqual({ acknowledged: 0, lost: 0, doubled: 0 });
  });
});

describe("containers at the same time", () => {
  it("are counted at their most since the reset", () => {
    const count = new ContainerCount();
    count.started("redis", false);
    count.started("app-1", true);
    count.started("app-2", true);
    count.died("app-1");
    expect(count.peak).toEqual({ containers: 3, workloads: 2 });
    count.reset();
    expect(count.peak).toEqual({ containers: 2, workloads: 1 });
    count.started("app-2", true);
    count.died("unknown");
    expect(count.peak).toEqual({ containers: 2, workloads: 1 });
  });
});

describe("scenarios", () => {
  it("have the five kinds of release, scale on overlap only, and what is promised of the load", () => {
    expect(
      scenariosOf(undefined, []).map((each) => [each.system, each.mode, each.releases.map((one) => one.kind)]),
    ).toEqual([
      ["tmws", "stop-first", ["image", "env", "health", "certificate"]],
      ["orders", "overlap", ["image", "env", "health", "scale", "certificate"]],
      ["tria", "overlap", ["image", "env", "health", "scale", "certificate"]],
      ["aidis", "overlap", ["image", "env", "health", "scale", "certificate"]],
      ["diligence", "overlap", ["image", "env", "health", "scale", "certificate"]],
      ["tmws-2.3", "stop-first", ["image", "env", "health", "certificate"]],
    ]);
    expect([load.requestsPerSecond >= 300, load.streams.count, load.timeoutMs]).toEqual([true, 20, 10_000]);
  });

  it("scale from one to three and back, and raise the version with the image", () => {
    const [orders] = scenariosOf("orders", ["image", "scale"]);
    expect(orders?.releases).toEqual([
      {
        kind: "image",
        version: "1.0.1",
        steps: [
          {
            do: "configure",
            changes: [
              { path: ["slipway:image", "build", "args", "VERSION"], value: "1.0.1" },
              { path: ["slipway:app", "version"], value: "1.0.1" },
            ],
          },
        ],
      },
      {
        kind: "scale",
        steps: [1, 3, 1].map((value) => ({
          do: "configure",
          changes: [{ path: ["slipway:app", "replicas"], value }],
        })),
      },
    ]);
  });

  it("have their own way to speak and their own certificate's way, and at least 300 requests a second or a reason", () => {
    const all = scenariosOf(undefined, []);
    const steps = all.map(({ releases }) => releases.at(-1)?.steps.map((step) => step.do));
    expect(all.map(({ protocol }, at) => [protocol.transport, steps[at]])).toEqual([
      ["https", ["renew certificate"]],
      ["https", ["renew certificate"]],
      ["https", ["renew certificate"]],
      ["tcp", ["give certificate"]],
      ["https", ["renew certificate"]],
      ["https", ["renew certificate"]],
    ]);
    expect(all.filter((each) => loadOf(each).requestsPerSecond < 300 && each.rate === undefined)).toEqual([]);
  });

  it("ask each release's version in data of their own, which the load generator understands", () => {
    for (const each of scenariosOf(undefined, [])) {
      const { protocol } = each;
      expect(loadConfig.safeParse({ ...config, ...loadOf(each), protocol }).success).toBe(true);
      expect(JSON.stringify(protocol.post)).toContain("$key");
      expect(each.written.argv.join(" ")).toContain("$prefix%");
    }
  });

  it("are refused by a name that is none", () => {
    expect(() => scenariosOf("tmsw", [])).toThrow(
      'no system "tmsw"; there are tmws, orders, tria, aidis, diligence, tmws-2.3',
    );
    expect(() => scenariosOf("tmws", ["scale"])).toThrow(
      'no release "scale"; there are image, env, health, certificate',
    );
  });
});

function container(part: string, role: string, extra: Partial<Inspected> = {}): Inspected {
  return {
    Id: `${part}0123456789abcdef`,
    Image: "sha256:x",
    Config: {
      Cmd: ["sh", "-c", "gate"],
      Entrypoint: ["tini"],
      Env: [],
      User: "1000:1000",
      WorkingDir: "/",
      Labels: { "slipway.part": part, "slipway.role": role },
    },
    HostConfig: {
      NetworkMode: "slipway-x_private",
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: {} },
      ReadonlyRootfs: true,
      Memory: 0,
      MemorySwap: 0,
      NanoCpus: 0,
    },
    Mounts: [],
    NetworkSettings: { Networks: { "slipway-x_private": { Aliases: [part, `${part}-r1-1`] } } },
    ...extra,
  };
}

describe("compose's side", () => {
  const worker: Pick<Scenario, "composeCommands"> = { composeCommands: { worker: ["python", "-m", "src.worker"] } };
  const [tmws] = scenariosOf("tmws", []);
  const scenario = { ...tmws, ...worker } as Scenario;
  const config = [
    { Type: "volume", Name: "slipway-x_switch-config", Destination: "/usr/local/etc/haproxy", RW: false },
  ];
  const containers = [
    container("app", "workload"),
    container("app", "workload"),
    container("app", "workload"),
    container("worker", "workload"),
    container("switch", "part", { Mounts: config as Inspected["Mounts"] }),
  ];

  it("is one service for each part under its constant alias, without gates, with the switch's own config", () => {
    const made = services(containers, scenario);
    expect(
      made.map(({ Config, NetworkSettings }) => [
        Config.Labels["slipway.part"],
        Config.Entrypoint,
        Config.Cmd,
        NetworkSettings.Networks["slipway-x_private"]?.Aliases,
      ]),
    ).toEqual([
      ["app", ["tini"], ["sh", "-c", "gate"], ["app"]],
      ["worker", null, ["python", "-m", "src.worker"], ["worker"]],
      ["switch", null, ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"], ["switch"]],
    ]);
    const mounts = ["/b", "/a"].map((path) => ({ Type: "volume" as const, Name: path, Destination: path, RW: true }));
    const [unsorted] = services([container("app", "workload", { Mounts: mounts })], scenario);
    expect(unsorted?.Mounts.map((each) => each.Destination)).toEqual(["/a", "/b"]);
    expect(switchConfigVolume(containers)).toBe("slipway-x_switch-config");
    expect(() => switchConfigVolume([container("app", "workload")])).toThrow("no container of part switch");
  });

  it("scales workloads by their number, also back to one", () => {
    expect(scaleArguments(containers)).toEqual(["--scale", "app=3", "--scale", "worker=1"]);
  });

  it("finds replicas by the service's name", () => {
    const lines = staticSwitchConfig(scenario).split("\n");
    expect(lines).toContain("  bind unix@/run/slipway/tmws.localhost/http.sock mode 666");
    expect(lines).toContain(
      "  server-template app 1-6 app:8000 check inter 1s fall 2 rise 1 resolvers engine init-addr none",
    );
  });
});

describe("report", () => {
  const window = (name: string, requests: number, latencies: readonly number[], change: Partial<WindowReport> = {}) => {
    const histogram = new Histogram();
    for (const ms of latencies) histogram.record(ms);
    const latency = {
      buckets: histogram.data().buckets.map(([a, b]): [number, number] => [a, b]),
      maxMs: histogram.maxMs,
    };
    const counts = { byKind: {}, versions: {}, closed: {} };
    return { name, seconds: 5, requests, failed: 0, holdMs: 12, backMs: 0, latency, ...counts, ...change };
  };
  const outcome = (seconds: number, failing: Partial<WindowReport>, lost = 0): Outcome => ({
    report: {
      windows: [
        window("warm up", 10, [1]),
        window("before-image", 100, [1, 2]),
        window("image", 200, [5, 900], { holdMs: 880, closed: { "1012": 20 }, backMs: 700, ...failing }),
        window("before-certificate", 50, [3]),
        window("certificate", 60, [4]),
      ],
      acknowledged: 40,
      failures: Object.keys(failing).length === 0 ? [] : [{ at: 3, method: "GET", kind: "status 502", detail: "bad" }],
      cpuSeconds: 1.5,
      seconds: 20,
      worstLagMs: 9,
    },
    releases: [
      { kind: "image", seconds, containers: 7, workloads: 2 },
      { kind: "certificate", seconds: 300, containers: 5, workloads: 1 },
    ],
    writes: { acknowledged: 40, lost, doubled: 0 },
  });
  const bad = { failed: 3, byKind: { "status 502": 2, "stream cut": 1 } };
  const result = (ours: Outcome): Result => ({
    scenario: { system: "orders", mode: "overlap", protocol: config.protocol },
    ours,
    compose: outcome(4.5, bad),
  });

  it("is the line that machines read", () => {
    expect(JSON.parse(jsonLine([result(outcome(12.345, {}))]))).toEqual([
      {
        system: "orders",
        mode: "overlap",
        requests: 420,
        failed: 0,
        p99Before: 3,
        p99During: 900,
        seconds: 12.35,
        lostWrites: 0,
        composeFailed: 3,
        composeSeconds: 4.5,
      },
    ]);
    expect(Object.keys(JSON.parse(jsonLine([result(outcome(1, {}))]))[0])).toEqual(
      "system mode requests failed p99Before p99During seconds lostWrites composeFailed composeSeconds".split(" "),
    );
  });

  it("is kept only without a failure, a lost write and a doubled one", () => {
    const doubled = { ...outcome(1, {}), writes: { acknowledged: 1, lost: 0, doubled: 1 } };
    expect([outcome(1, {}), outcome(1, bad), outcome(1, {}, 1), doubled].map((ours) => kept(result(ours)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("says when the machine was too slow before any release", () => {
    const slow = outcome(1, {});
    const windows = [window("before-image", 100, [1, 2500]), ...slow.report.windows.slice(2)];
    const overloaded = { ...slow, report: { ...slow.report, windows } };
    expect([carried(slow), carried(overloaded)]).toEqual([true, false]);
    expect(table(result(overloaded))).toContain("did not carry the load");
    expect(table(result(slow))).not.toContain("did not carry the load");
  });

  it("counts all windows, also between releases", () => {
    const { report } = outcome(1, bad);
    expect([requestsOf(report), failedOf(report)]).toEqual([420, 3]);
  });

  it("says why a system gets another load", () => {
    const rate = { requestsPerSecond: 120, postShare: 0.05, why: "it carries 150" };
    const base = result(outcome(1, {}));
    expect(
      table({ ...base, scenario: { ...base.scenario, rate } })
        .split("\n")
        .slice(0, 2),
    ).toEqual([
      "orders, overlap: 120 requests/s (5 % POST) by https over 16 connections, 20 streams",
      "not the load of the others: it carries 150",
    ]);
  });

  it("is a table for people with both sides and the raw counts", () => {
    const lines = table(result(outcome(12.345, {}))).split("\n");
    expect(lines.slice(0, 6)).toEqual([
      `orders, overlap: ${load.requestsPerSecond} requests/s (8 % POST) by https over 16 connections, 20 streams`,
      "release      by           s  containers  requests  failed  p50/p99 before  p50/p99 during  hold   streams",
      "image        slipway   12.3       7 (2)       200       0             1/2           5/900   880  20 (700)",
      "image        compose    4.5       7 (2)       200       3             1/2           5/900   880  20 (700)",
      "certificate  slipway  300.0       5 (1)        60       0             3/3             4/4    12     0 (0)",
      "certificate  compose  300.0       5 (1)        60       0             3/3             4/4    12     0 (0)",
    ]);
    expect(lines).toContain("slipway: 420 requests, 0 failed");
    expect(lines).toContain("  image: 2 status 502, 1 stream cut");
    expect(lines).toContain("  second 3.0: GET: status 502: bad");
    expect(lines).toContain("  writes: 40 acknowledged, 0 lost, 0 made twice");
  });
});

/** The generator itself, as its own process, against a real https server that fails in every way on demand. */
describe("load generator", () => {
  type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;
  const folder = mkdtempSync(join(tmpdir(), "slipway-load-test-"));
  const caFile = join(folder, "cert.pem");
  const acknowledgedFile = join(folder, "acknowledged");
  const sockets = new Set<WebSocket>();
  let server: Server;
  let port = 0;
  let version = "1";
  let sessions = 0;
  let behave: Handler;

  /** As many streams have begun, one after the other's end or beside it. */
  const begun = (count: number) => expect.poll(() => sessions, { timeout: 20_000 }).toBe(count);

  const good: Handler = (request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ version }));
    });
  };

  function makeCertificate(key: string, certificate: string): void {
    const subject = ["-subj", "/CN=tmws.localhost", "-addext", "subjectAltName=DNS:tmws.localhost"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    const files = ["-keyout", join(folder, key), "-out", join(folder, certificate)];
    execFileSync("openssl", ["req", "-x509", ...curve, "-nodes", ...files, "-days", "1", ...subject], {
      stdio: "ignore",
    });
  }

  beforeAll(async () => {
    makeCertificate("key.pem", "cert.pem");
    server = createServer({ key: readFileSync(join(folder, "key.pem")), cert: readFileSync(caFile) });
    server.on("request", (request, response) => behave(request, response));
    const streams = new WebSocketServer({ server });
    streams.on("connection", (socket) => {
      sockets.add(socket);
      sessions++;
      const tell = () => socket.send(JSON.stringify({ version, n: 0 }));
      const ticker = setInterval(tell, 100);
      tell();
      socket.on("close", () => {
        sockets.delete(socket);
        clearInterval(ticker);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });

  beforeEach(() => {
    version = "1";
    behave = good;
    sessions = 0;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function underLoad(
    change: Partial<LoadConfig>,
    during: (running: LoadProcess) => Promise<void>,
  ): Promise<LoadReport> {
    const running = LoadProcess.start(
      { ...config, port, caFile, acknowledgedFile, ...change },
      "secret",
      () => undefined,
    );
    try {
      await running.seconds(1);
      await during(running);
      return await running.stop();
    } finally {
      running.kill();
    }
  }

  const last = (report: LoadReport) => report.windows.at(-1);

  it("acknowledges every POST by its own key, sends bearer and body, and fails nothing", async () => {
    const seen = new Set<string>();
    behave = (request, response) => {
      if (request.method === "POST") {
        let text = "";
        request.on("data", (chunk) => (text += chunk));
        request.on("end", () => {
          const { authorization, host, "idempotency-key": key } = request.headers;
          seen.add(`${authorization} ${host} ${key} ${JSON.parse(text).text}`);
        });
      }
      good(request, response);
    };
    const report = await underLoad({}, (running) => running.seconds(1));
    const keys = readFileSync(acknowledgedFile, "utf8").trim().split("\n");
    expect(report.windows.map((each) => [each.name, each.failed])).toEqual([["warm up", 0]]);
    expect([keys.length, new Set(keys).size, seen.size]).toEqual([
      report.acknowledged,
      report.acknowledged,
      report.acknowledged,
    ]);
    expect(seen.has(`Bearer secret tmws.localhost:${port} k-3 k-3`)).toBe(true);
    expect(report.acknowledged).toBeGreaterThan(30);
  });

  it("counts every way in which an answer can fail, by its kind, and goes on at its rate", async () => {
    const broken: readonly (readonly [kind: string, behaviour: Handler])[] = [
      ["status 500", (_, response) => response.writeHead(500).end("{}")],
      ["status 302", (_, response) => response.writeHead(302, { location: "/" }).end()],
      ["reset", (request) => request.socket.destroy()],
      [
        "cut",
        (request, response) => {
          response.writeHead(200, { "content-length": 100 });
          response.write("{", () => request.socket.destroy());
        },
      ],
      ["not json", (_, response) => response.end("<html>")],
      ["timeout", () => undefined],
    ];
    const report = await underLoad({}, async (running) => {
      for (const [kind, behaviour] of broken) {
        running.mark(kind.replace(" ", "-"));
        behave = behaviour;
        await running.seconds(1);
      }
      running.mark("good-again");
      behave = good;
      await running.seconds(2);
      running.mark("afterwards");
      await running.seconds(1);
    });
    // By kind alone: a mark takes a moment on its way, so a request at a window's edge may be in the next one.
    const byKind = new Map<string, number>();
    for (const window of report.windows)
      for (const [kind, count] of Object.entries(window.byKind)) byKind.set(kind, (byKind.get(kind) ?? 0) + count);
    // Not their order: a busy machine lets one time out early.
    expect([...byKind.keys()].sort()).toEqual(broken.map(([kind]) => kind).sort());
    expect([...byKind].filter(([, count]) => count < 20)).toEqual([]);
    expect(last(report)).toMatchObject({ name: "afterwards", failed: 0 });
    expect(report.failures.length).toBe(50);
    expect(report.failures[0]).toMatchObject({ kind: "status 500", detail: "{}" });
    // 100 a second were due, whatever became of them.
    expect(Math.abs(requestsOf(report) - 100 * report.seconds)).toBeLessThan(5);
  });

  it("counts a wrong certificate and a closed port", async () => {
    const wrong = await underLoad({ host: "other.localhost" }, (running) => running.seconds(1));
    // A busy machine does not get to every handshake in time.
    expect(Object.keys(last(wrong)?.byKind ?? {}).filter((kind) => kind !== "timeout")).toEqual(["tls"]);
    expect([last(wrong)?.failed, wrong.acknowledged]).toEqual([last(wrong)?.requests, 0]);
    const closed = await underLoad({ port: 1 }, (running) => running.seconds(1));
    expect(Object.keys(last(closed)?.byKind ?? {}).filter((kind) => kind !== "timeout")).toEqual(["refused"]);
    expect([last(closed)?.failed, closed.acknowledged]).toEqual([last(closed)?.requests, 0]);
  });

  it("measures a stall from when requests were due, although four connections send only four of them", async () => {
    const stalled: { request: IncomingMessage; response: ServerResponse }[] = [];
    const report = await underLoad({ timeoutMs: 10_000 }, async (running) => {
      running.mark("stall");
      behave = (request, response) => void stalled.push({ request, response });
      await running.seconds(2);
      behave = good;
      for (const each of stalled) good(each.request, each.response);
      await running.seconds(1);
    });
    const stall = last(report);
    expect(stall?.failed).toBe(0);
    expect(stall?.holdMs).toBeGreaterThan(1500);
    // A closed loop would have a median of milliseconds here: four slow requests among hundreds of fast ones.
    expect(Histogram.from(stall?.latency ?? { buckets: [], maxMs: 0 }).percentileMs(0.5)).toBeGreaterThan(300);
  });

  it("takes a close frame and a reconnect as good, a cut stream as failed", async () => {
    const streams = { count: 3, backWithinMs: 10_000, silentAfterMs: 20_000 };
    const report = await underLoad({ streams, timeoutMs: 10_000 }, async (running) => {
      await begun(3);
      running.mark("release", "2");
      await running.seconds(1);
      version = "2";
      for (const socket of sockets) socket.close(1012);
      await begun(6);
      await running.seconds(1);
      running.mark("fault");
      await running.seconds(1);
      for (const socket of sockets) socket.terminate();
      await begun(9);
      await running.seconds(1);
      running.mark("afterwards");
      await running.seconds(1);
    });
    const [, release, fault, afterwards] = report.windows;
    expect(release).toMatchObject({ closed: { "1012": 3 }, failed: 0 });
    expect(release?.backMs).toBeGreaterThan(0);
    expect(release?.backMs).toBeLessThan(streams.backWithinMs);
    expect(fault).toMatchObject({ closed: { "1006": 3 }, byKind: { "stream cut": 3 }, failed: 3 });
    expect(afterwards).toMatchObject({ closed: {}, failed: 0 });
  });

  it("sees the edge renew its certificate, and refuses one that lasts longer than anybody waits", async () => {
    const old = readFileSync(caFile, "utf8");
    makeCertificate("next-key.pem", "next-cert.pem");
    const next = readFileSync(join(folder, "next-cert.pem"), "utf8");
    const address = { port, host: "tmws.localhost", ca: old + next };
    const first = once(server, "secureConnection");
    await expect(assertShortLived(address)).rejects.toThrow("no renewal can be seen");
    await first;
    server.once("secureConnection", () =>
      server.setSecureContext({ key: readFileSync(join(folder, "next-key.pem")), cert: next }),
    );
    await renewCertificate(address);
    await expect(renewCertificate({ ...address, ca: old })).rejects.toThrow("self-signed certificate");
  });

  it("refuses a config that is none", () => {
    expect(loadConfig.safeParse({ ...config, requestsPerSecond: 0 }).success).toBe(false);
    expect(loadConfig.safeParse(config).success).toBe(true);
  });
});
