import { describe, expect, test } from "vitest";
import { type HostFacts, judgeHost, olderThan } from "../../infra/preflight/judge.ts";

const minimum = { cores: 2, memoryGb: 4, diskGb: 10, docker: "24.0", guide: "guide 000, Prerequisites" };
const good: HostFacts = { cores: 2, memoryGb: 4, diskGb: 10, docker: "24.0.1", heldPorts: [] };
const bad: HostFacts = { cores: 1, memoryGb: 2, diskGb: 9, docker: "20.10.24+dfsg1", heldPorts: [] };
const on = (environment: string, override?: string) => ({ environment, stack: "s", override, cpus: 1 });

const short = [
  "the host has 1 cores, the system's minimum is 2 (guide 000, Prerequisites)",
  "the host has 2 GB of memory, the system's minimum is 4 (guide 000, Prerequisites)",
  "the host has 9 GB of free disk, the system's minimum is 10 (guide 000, Prerequisites)",
  "the host runs Docker 20.10.24+dfsg1, the system's minimum is 24.0 (guide 000, Prerequisites)",
];

describe("judgeHost", () => {
  test("a host that has just the minimum passes without a word, an override is not recorded then", () => {
    expect(judgeHost(good, minimum, on("production", "a long reason"))).toEqual({
      refusals: [],
      warnings: [],
      overridden: undefined,
    });
  });

  test("below the minimum: local warns of everything", () => {
    expect(judgeHost(bad, minimum, on("local"))).toEqual({ refusals: [], warnings: short, overridden: undefined });
  });

  test.each(["staging", "production"])(
    "below the minimum: %s refuses, everything at once, each with what mends it",
    (environment) => {
      const mend =
        ": use a larger host, or accept it with `pulumi config set --path 'slipway:preflight.override' 'REASON' --stack s`";
      expect(judgeHost(bad, minimum, on(environment))).toEqual({
        refusals: short.map((line) => `${line}${mend}`),
        warnings: [],
        overridden: undefined,
      });
    },
  );

  test("below the minimum with a reason: warned of, and recorded", () => {
    expect(judgeHost(bad, minimum, on("production", "a long reason"))).toEqual({
      refusals: [],
      warnings: short,
      overridden: "a long reason",
    });
  });

  test.each(["local", "production"])("on %s a held port is refused whatever the override says", (environment) => {
    const facts = { ...good, heldPorts: [{ option: "edge.httpsPort", port: 8443, holder: "nginx (process 12)" }] };
    const { refusals } = judgeHost(facts, minimum, on(environment, "a long reason"));
    expect(refusals).toEqual([
      "port 8443 of the host is held by nginx (process 12): stop it, or choose another with " +
        "`pulumi config set --path 'slipway:edge.httpsPort' 8444 --stack s`",
    ]);
  });

  test("a port that another stack's edge holds can be shared", () => {
    const port = { option: "edge.httpsPort", port: 8443, holder: "container slipway-main_edge", edgeOf: "main" };
    expect(judgeHost({ ...good, heldPorts: [port] }, minimum, on("local")).refusals).toEqual([
      "port 8443 of the host is held by container slipway-main_edge: share it with `pulumi config set --path 'slipway:edge.share' main --stack s`, " +
        "stop it, or choose another with `pulumi config set --path 'slipway:edge.httpsPort' 8444 --stack s`",
    ]);
  });

  test.each([
    ["edge.httpPort", 80, 81],
    ["tcp.port", 65_535, 65_534],
  ])("a held %s %d is mended by its own option, with a port that there is", (option, port, another) => {
    const { refusals } = judgeHost({ ...good, heldPorts: [{ option, port, holder: "h" }] }, minimum, on("local"));
    expect(refusals).toEqual([expect.stringContaining(`'slipway:${option}' ${another} --stack s`)]);
  });

  test("a port of UDP is called that", () => {
    const port = { option: "logs.ship.port", port: 5514, protocol: "udp", holder: "rsyslogd (process 12)" } as const;
    expect(judgeHost({ ...good, heldPorts: [port] }, minimum, on("production")).refusals).toEqual([
      "UDP port 5514 of the host is held by rsyslogd (process 12): stop it, or choose another with " +
        "`pulumi config set --path 'slipway:logs.ship.port' 5515 --stack s`",
    ]);
  });

  test("more cores for the app than the host has are refused: Docker would", () => {
    const { refusals } = judgeHost(good, minimum, { ...on("local"), cpus: 4 });
    expect(refusals).toEqual([
      "the app may use 4 cores, the host has 2: choose a smaller tier with `pulumi config set slipway:tier small --stack s`, or " +
        "`pulumi config set --path 'slipway:resources.cpus' 2 --stack s`",
    ]);
  });
});

describe("olderThan", () => {
  test.each([
    ["20.10.24+dfsg1", "24.0", true],
    ["23.0.6", "24.0", true],
    ["24.0.0-rc.1", "24.0", false],
    ["24.0", "24.0", false],
    ["28.1.1", "24.0", false],
    ["20.9.0", "20.10", true],
    ["20.10", "20.10", false],
    ["dev", "20.10", true],
  ])("%s against %s: %s", (version, wanted, older) => {
    expect(olderThan(version, wanted)).toBe(older);
  });
});
