import { describe, expect, it } from "vitest";
import { issueAuthority, issueCertificate } from "../../../../components/certificate/issue.ts";
import { authorityStatement, certificateStatement } from "../../../../components/certificate/spec.ts";
import type { Release } from "../../../../components/steps/journal.ts";
import { ownCertificate, readEdge } from "../../../../ops/status/certificates.ts";
import { readAnswers } from "../../../../ops/status/database.ts";
import { isError, lastErrors, shortened } from "../../../../ops/status/errors.ts";
import { readBackups, readHost } from "../../../../ops/status/host.ts";
import { statusWish } from "../../../../ops/status/options.ts";
import { expectedParts, usageOf } from "../../../../ops/status/parts.ts";
import { readAlerts, readRange, triggerNow } from "../../../../ops/status/prometheus.ts";
import { flat } from "../../../../ops/status/says.ts";

const now = Date.parse("2026-11-28T12:00:00.000Z");

describe("the host and its backup sets", () => {
  it("memory, disk and load as a container sees them", () => {
    const text =
      "9.87 5.1 2.0 3/400 123\nMemTotal:       4000000 kB\nMemAvailable:   1000000 kB\n/dev/vda1 1000 600 400 60% /backup\n";
    expect(readHost(text, { cores: 2, docker: "24.0.7" })).toEqual({
      cores: 2,
      load: 9.87,
      memoryBytes: 4_096_000_000,
      memoryAvailableBytes: 1_024_000_000,
      diskBytes: 1_024_000,
      diskFreeBytes: 409_600,
      docker: "24.0.7",
    });
  });

  it("the last set with its age", () => {
    expect(readBackups("2\n20261128T110000Z-backup-point\n16\n", now)).toEqual({
      sets: 2,
      last: {
        name: "20261128T110000Z-backup-point",
        taken: "2026-11-28T11:00:00.000Z",
        ageSeconds: 3600,
        kilobytes: 16,
      },
    });
    expect(readBackups("0\n", now)).toEqual({ sets: 0, last: null });
    expect(() => readBackups("1\nlost+found\n16\n", now)).toThrow("the backup set lost+found has no time in its name");
  });
});

it("what a database answers: its revision, and a server's connections", () => {
  expect(readAnswers("sqlite", "0001\n")).toEqual({ revision: "0001", connections: null });
  expect(readAnswers("sqlite", "")).toEqual({ revision: "", connections: null });
  expect(readAnswers("postgres", "0001\n7|100\n")).toEqual({
    revision: "0001",
    connections: { used: 7, allowed: 100 },
  });
  expect(readAnswers("postgres", "7|100\n")).toEqual({ revision: "", connections: { used: 7, allowed: 100 } });
});

describe("certificates", () => {
  const random = new Uint8Array(16).fill(7);

  it("the edge's own, by name, end and issuer", async () => {
    const authority = await issueAuthority(authorityStatement("slipway-test", new Date(now), random));
    const leaf = await issueCertificate(certificateStatement(["a.example"], 100, new Date(now), random), authority);
    expect(readEdge(leaf.certificate, "a.example", now + 95 * 86_400_000, true)).toEqual({
      name: "a.example",
      source: "edge",
      issuer: "slipway-test",
      ends: "2027-03-08T12:00:00.000Z",
      daysLeft: 5,
      due: true,
      trusted: true,
    });
    expect(readEdge(leaf.certificate, "a.example", now, false)).toMatchObject({
      daysLeft: 100,
      due: false,
      trusted: false,
    });
  });

  it("the stack's own are due when less than a tenth of their life is left", () => {
    const ends = (days: number) => new Date(now + days * 86_400_000).toISOString();
    expect([40, 39].map((days) => ownCertificate({ name: "postgres-certificate", ends: ends(days) }, now).due)).toEqual(
      [false, true],
    );
    expect([366, 364].map((days) => ownCertificate({ name: "authority", ends: ends(days) }, now).due)).toEqual([
      false,
      true,
    ]);
  });
});

describe("Prometheus", () => {
  it("the one series of a range, without what is no number", () => {
    const body = {
      status: "success",
      data: {
        result: [
          {
            values: [
              [1.5, "2"],
              [61.5, "NaN"],
              [121.5, "0.5"],
            ],
          },
        ],
      },
    };
    expect([...readRange(JSON.stringify(body))]).toEqual([
      [1500, 2],
      [121_500, 0.5],
    ]);
    expect(readRange(JSON.stringify({ status: "success", data: { result: [] } })).size).toBe(0);
    expect(() => readRange('{"status":"error"}')).toThrow();
  });

  it("alerts that fire, and none that may", () => {
    const alert = (state: string) => ({
      state,
      labels: { alertname: "Down", severity: "critical" },
      annotations: { summary: "it is down" },
      activeAt: "2026-11-28T11:00:00.5Z",
    });
    expect(readAlerts(JSON.stringify({ data: { alerts: [alert("pending"), alert("firing")] } }))).toEqual([
      { name: "Down", severity: "critical", summary: "it is down", since: "2026-11-28T11:00:00.500Z" },
    ]);
  });

  const common = { name: "n", promql: "p", guide: "g" };
  it.each([
    [
      { ...common, kind: "ratio", above: 0.01 },
      0.02,
      { value: 0.02, allowed: 0.01, unit: "ratio", tripped: "n: 2 %, allowed 1 % (g)" },
    ],
    [{ ...common, kind: "count", above: 0 }, 0, { value: 0, allowed: 0, unit: "count", tripped: null }],
    [
      { ...common, kind: "count", above: 0 },
      3,
      { value: 3, allowed: 0, unit: "count", tripped: "n: 3, allowed 0 (g)" },
    ],
    [
      { ...common, kind: "baseline", times: 2, floor: 0.05 },
      9,
      { value: 9, allowed: null, unit: "seconds", tripped: null },
    ],
    [
      { ...common, kind: "ratio", above: 0.01 },
      undefined,
      { value: null, allowed: 0.01, unit: "ratio", tripped: null },
    ],
  ] as const)("a trigger %o with %s", (trigger, value, found) => {
    expect(triggerNow(trigger, value)).toEqual({ name: "n", guide: "g", ...found });
  });
});

describe("errors in logs", () => {
  it.each([
    '{"level":"error","msg":"x"}',
    '{"severity": "CRITICAL"}',
    '{"level":50,"msg":"pino"}',
    'ts=1 level=error msg="x"',
    "2026-11-28 ERROR in app: x",
    "FATAL:  role does not exist",
    "[ALERT]    (1) : config",
    "Traceback (most recent call last):",
  ])("%s is one", (line) => {
    expect(isError(line)).toBe(true);
  });

  it.each([
    '{"level":"info","msg":"no errors"}',
    '{"level":30,"errors":0}',
    'INFO: "GET /error HTTP/1.1" 200',
    "level=warn err=timeout",
    "0 errors found",
    '{"level":"info","error":"no OCSP"}',
  ])("%s is none", (line) => {
    expect(isError(line)).toBe(false);
  });

  it("keeps the last three, cut and without what a terminal obeys", () => {
    const lines = [1, 2, 3, 4].map((place) => `ERROR ${place}`);
    expect(lastErrors(["fine", ...lines])).toEqual({ count: 4, last: ["ERROR 2", "ERROR 3", "ERROR 4"] });
    expect(shortened(`\u001b[31mERROR\u001b[0m ${"x".repeat(400)}`)).toBe(`ERROR ${"x".repeat(294)}...`);
  });
});

it("what a product says is flat, and empty where it is no JSON", () => {
  expect(flat('{"a":{"b":[1,{"c":null}]},"d":"\\u001b[31mx"}')).toEqual({ "a.b.0": "1", "a.b.1.c": "null", d: "x" });
  expect([flat("ok"), flat(undefined)]).toEqual([{}, {}]);
});

describe("parts", () => {
  const info = (Id: string, part: string, role: string) => ({
    Id,
    Labels: { "slipway.part": part, "slipway.role": role },
  });
  const containers = [
    info("1", "web", "workload"),
    info("2", "web", "workload"),
    info("3", "redis", "part"),
    info("4", "redis", "session"),
  ];
  const serving = {
    replicas: [
      { id: "2", workload: "web" },
      { id: "9", workload: "web" },
    ],
  } as unknown as Release;

  it("are what the last up recorded and the replicas that serve; what is kept to go back to is none", () => {
    const found = expectedParts(["switch", "redis"], serving, containers as never);
    expect(found.map(({ part, workload, container }) => [part, workload, container?.Id])).toEqual([
      ["web", true, "2"],
      ["web", true, undefined],
      ["redis", false, "3"],
      ["switch", false, undefined],
    ]);
  });

  it("memory is without what the kernel caches, CPU of one core in the second between", () => {
    const cpu = (total: number, system: number) => ({
      cpu_usage: { total_usage: total },
      system_cpu_usage: system,
      online_cpus: 2,
    });
    const stats = (memory: object) =>
      ({ memory_stats: memory, cpu_stats: cpu(200, 2000), precpu_stats: cpu(100, 1000) }) as never;
    expect(usageOf(stats({ usage: 100, limit: 400, stats: { inactive_file: 30 } }))).toEqual({
      memoryBytes: 70,
      memoryLimitBytes: 400,
      cpuPercent: 20,
    });
    expect(usageOf(stats({ usage: 100, limit: 400, stats: { total_inactive_file: 10 } }))).toMatchObject({
      memoryBytes: 90,
    });
    expect(usageOf({ ...(stats({}) as object), cpu_stats: cpu(0, 0) } as never)).toEqual({
      memoryBytes: null,
      memoryLimitBytes: null,
      cpuPercent: null,
    });
  });
});

describe("how a status is wanted", () => {
  it.each([
    [[], { json: false, html: undefined }],
    [["--json"], { json: true, html: undefined }],
    [["--html", "a.html"], { json: false, html: "a.html" }],
    [["--html=a.html"], { json: false, html: "a.html" }],
  ])("%j", (words, wish) => {
    expect(statusWish(words)).toEqual(wish);
  });

  it.each([[["--html"]], [["--html="]], [["--json", "x"]], [["--html", "a", "b"]], [["--jsn"]]])(
    "%j is refused with the usage",
    (words) => {
      expect(() => statusWish(words)).toThrow(
        `${words.join(" ")}: allowed are --json, or --html with a file: npm run status -- [--stack NAME] [--json | --html FILE]`,
      );
    },
  );
});
