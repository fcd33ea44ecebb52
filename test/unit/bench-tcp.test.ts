/** The load generator by raw TCP, as its own process, against a real server of JSON lines over TLS that fails in every way on demand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answers } from "../bench/release/answers.ts";
import { BenchAuthority } from "../bench/release/authority.ts";
import { giveCertificate } from "../bench/release/certificate.ts";
import { staticSwitchConfig } from "../bench/release/compose-plan.ts";
import type { LoadConfig, LoadReport } from "../bench/release/load-config.ts";
import { LoadProcess } from "../bench/release/load-process.ts";
import { requestsOf } from "../bench/release/report.ts";
import type { Scenario } from "../bench/release/scenario.ts";
import { scenariosOf } from "../bench/release/scenarios.ts";

interface Line {
  readonly id: string;
  readonly method: string;
}
type Behaviour = (line: Line, socket: TLSSocket) => unknown;

const [aidis] = scenariosOf("aidis", []) as [Scenario];
const host = aidis.domain;
const folder = mkdtempSync(join(tmpdir(), "slipway-tcp-test-"));
const caFile = join(folder, "ca.pem");
const acknowledgedFile = join(folder, "acknowledged");
const sockets = new Set<TLSSocket>();
let authority: BenchAuthority;
let server: Server;
let port = 0;
let version = "1";
let behave: Behaviour;
let connections = 0;
let sessions = 0;

const tell = (socket: TLSSocket, reply: object) => socket.write(`${JSON.stringify(reply)}\n`);
const good: Behaviour = ({ id }, socket) => tell(socket, { id, version, ok: true, result: {} });

/** As many sessions have begun, one after the other's end or beside it. */
const begun = (count: number) => expect.poll(() => sessions, { timeout: 20_000 }).toBe(count);

/** As the application says it when its process ends; who does not leave would be ended later. */
function drain(): void {
  for (const socket of sockets) tell(socket, { event: "drain" });
}

beforeAll(async () => {
  authority = await BenchAuthority.make();
  writeFileSync(caFile, authority.certificate);
  const { certificate, key } = await authority.issue(host);
  server = createServer({ key, cert: certificate }, (socket) => {
    connections++;
    sockets.add(socket);
    let rest = "";
    let isSession = false;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.map((each) => JSON.parse(each))) {
        if (line.method === "version" && !isSession) sessions++;
        isSession ||= line.method === "version";
        behave(line, socket);
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

beforeEach(() => {
  version = "1";
  behave = good;
  connections = 0;
  sessions = 0;
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function underLoad(
  change: Partial<LoadConfig>,
  during: (running: LoadProcess) => Promise<void>,
): Promise<LoadReport> {
  const config: LoadConfig = {
    port,
    host,
    caFile,
    requestsPerSecond: 100,
    postShare: 0.25,
    freshShare: 0,
    connections: 4,
    timeoutMs: 800,
    protocol: aidis.protocol,
    keyPrefix: "k-",
    acknowledgedFile,
    streams: { count: 0, backWithinMs: 2000, silentAfterMs: 5000 },
  };
  const running = LoadProcess.start({ ...config, ...change }, undefined, () => undefined);
  try {
    await running.seconds(1);
    await during(running);
    return await running.stop();
  } finally {
    running.kill();
  }
}

const last = (report: LoadReport) => report.windows.at(-1);

describe("load by raw TCP", () => {
  it("acknowledges every write by its own key, over as many connections as it may keep", async () => {
    const seen = new Set<string>();
    behave = (line, socket) => {
      if (line.method === "context_store") seen.add(JSON.stringify(line));
      good(line, socket);
    };
    const report = await underLoad({ timeoutMs: 10_000 }, (running) => running.seconds(1));
    const keys = readFileSync(acknowledgedFile, "utf8").trim().split("\n");
    expect(report.windows.map((each) => [each.failed, Object.keys(each.versions)])).toEqual([[0, ["1"]]]);
    expect([new Set(keys).size, seen.size]).toEqual([report.acknowledged, report.acknowledged]);
    expect(report.acknowledged).toBeGreaterThan(30);
    expect(seen.has('{"id":"k-3","method":"context_store","params":{"user":"bench","content":"k-3"}}')).toBe(true);
    expect(connections).toBeLessThanOrEqual(4);
  });

  it("opens a connection of its own for the share that is to come fresh", async () => {
    const change = { freshShare: 0.5, requestsPerSecond: 30, timeoutMs: 10_000 };
    const report = await underLoad(change, (running) => running.seconds(1));
    expect(last(report)?.failed).toBe(0);
    expect(connections).toBeGreaterThan(10);
  });

  it("counts every way in which an answer can fail, by its kind, and goes on at its rate", async () => {
    const error = { type: "internal", message: "internal error" };
    const broken: readonly (readonly [kind: string, behaviour: Behaviour])[] = [
      ["answer internal", ({ id }, socket) => tell(socket, { id, version, ok: false, error })],
      ["wrong answer", (_, socket) => tell(socket, { id: "another", version, ok: true })],
      ["not json", (_, socket) => socket.write("<html>\n")],
      ["reset", (_, socket) => socket.destroy()],
      ["cut", (_, socket) => socket.write('{"id":', () => socket.destroy())],
      ["timeout", () => undefined],
    ];
    // Each of them costs a connection, and a busy machine does not get to a hundred handshakes a second.
    const report = await underLoad({ requestsPerSecond: 40 }, async (running) => {
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
    expect([...byKind.keys()].sort()).toEqual(broken.map(([kind]) => kind).sort());
    expect([...byKind].filter(([, count]) => count < 8)).toEqual([]);
    expect(last(report)).toMatchObject({ name: "afterwards", failed: 0 });
    expect(report.failures[0]).toMatchObject({ kind: "answer internal", detail: "internal error" });
    expect(Math.abs(requestsOf(report) - 40 * report.seconds)).toBeLessThan(5);
  });

  it("counts a wrong certificate and a closed port", async () => {
    const wrong = await underLoad({ host: "other.localhost" }, (running) => running.seconds(1));
    // A busy machine does not get to every handshake in time.
    expect(Object.keys(last(wrong)?.byKind ?? {}).filter((kind) => kind !== "timeout")).toEqual(["tls"]);
    expect([last(wrong)?.failed, wrong.acknowledged]).toEqual([last(wrong)?.requests, 0]);
    const closed = await underLoad({ port: 1 }, (running) => running.seconds(1));
    expect(Object.keys(last(closed)?.byKind ?? {}).filter((kind) => kind !== "timeout")).toEqual(["refused"]);
  });

  it("leaves a server that drains without a failure, also amid a request, and sessions come back to the next release", async () => {
    const streams = { count: 3, backWithinMs: 10_000, silentAfterMs: 20_000 };
    const report = await underLoad({ streams, timeoutMs: 10_000 }, async (running) => {
      await begun(3);
      running.mark("release", "2");
      await running.seconds(1);
      version = "2";
      behave = (line, socket) => setTimeout(() => good(line, socket), 20);
      drain();
      await begun(6);
      await running.seconds(1);
      running.mark("afterwards");
      await running.seconds(1);
    });
    const [, release, afterwards] = report.windows;
    expect(release).toMatchObject({ closed: { "1012": 3 }, failed: 0 });
    expect(release?.backMs).toBeGreaterThan(0);
    expect(afterwards).toMatchObject({ closed: {}, failed: 0 });
    expect(Object.keys(afterwards?.versions ?? {})).toEqual(["2"]);
  });

  it("takes a session that ends without a word as failed, and one that comes back to the old release", async () => {
    const streams = { count: 3, backWithinMs: 10_000, silentAfterMs: 20_000 };
    const report = await underLoad({ streams, requestsPerSecond: 1, timeoutMs: 10_000 }, async (running) => {
      await begun(3);
      running.mark("fault");
      await running.seconds(1);
      for (const socket of sockets) socket.end();
      await begun(6);
      await running.seconds(1);
      running.mark("release", "2");
      await running.seconds(1);
      drain();
      await begun(9);
      await running.seconds(1);
    });
    const [, fault, release] = report.windows;
    expect(fault).toMatchObject({ closed: { "1006": 3 }, byKind: { "stream cut": 3 }, failed: 3 });
    expect(release).toMatchObject({ closed: { "1012": 3 }, byKind: { "stream old": 3 } });
  });
});

describe("compose by raw TCP", () => {
  it("is waited for as its users ask it", async () => {
    const at = { port, ca: authority.certificate };
    await answers(aidis, at, 5);
    behave = ({ id }, socket) => tell(socket, { id, ok: false, error: { type: "internal", message: "not yet" } });
    await expect(answers(aidis, at, 0)).rejects.toThrow(
      `aidis does not answer at port ${port} within 0 s; last: answer internal: not yet`,
    );
  });

  it("has TLS end in its proxy, at the port that is published", () => {
    const lines = staticSwitchConfig(aidis).split("\n");
    expect(lines).toContain("  mode tcp");
    expect(lines).toContain("  bind :8580 ssl crt /usr/local/etc/haproxy/tcp.pem ssl-min-ver TLSv1.2");
    expect(lines).toContain(
      "  server-template mcp 1-6 mcp:3001 check inter 1s fall 2 rise 1 resolvers engine init-addr none",
    );
  });
});

describe("a given certificate", () => {
  it("is seen to be served, and told when it is not", async () => {
    const address = { port, host, ca: authority.certificate };
    const next = await authority.issue(host);
    await giveCertificate(address, async () => server.setSecureContext({ key: next.key, cert: next.certificate }));
    await expect(giveCertificate(address, async () => undefined, 300)).rejects.toThrow(
      "is still served 0.3 s after another one was given",
    );
  });
});
