/** The bake time's triggers against a real HAProxy and a real Prometheus, with a product that misbehaves on demand; and the announcement of it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../../components/announce/send.ts";
import { announcement, type ReleaseEvent } from "../../components/announce/spec.ts";
import type { Baseline } from "../../components/bake/judge.ts";
import { askPrometheus } from "../../components/bake/prometheus.ts";
import { switchTriggers } from "../../components/bake/spec.ts";
import { type Ask, measure, type Watched, watch } from "../../components/bake/watch.ts";
import { withSession } from "../../components/steps/session.ts";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { engine, runner } from "./support/host.ts";

const place = { stack: `triggers-${process.pid}`, system: "test" };
const networkName = `slipway-${place.stack}_private`;
const labels = { "slipway.test": place.stack };
const triggers = switchTriggers(["app-8000"]);
const names = triggers.map(({ name }) => name);
const slow = "request latency of app-8000";

/** How the product behaves; a fault hits every n-th request, 0 none. */
const product = { delayMs: 0, failEach: 0, answered: 0 };
const backend = createServer(async (_, response) => {
  product.answered += 1;
  const failed = product.failEach > 0 && product.answered % product.failEach === 0;
  if (product.delayMs > 0) await pause(product.delayMs);
  response.writeHead(failed ? 500 : 200).end(failed ? "bad" : "ok");
});

const made: { folder?: string; network?: Docker.Network; containers: Docker.Container[] } = { containers: [] };
let address = "";
let curl = "";

beforeAll(async () => {
  await ensureBaseImage(engine);
  const parts = { haproxy: "", prometheus: "", curl: "" };
  for (const part of ["haproxy", "prometheus", "curl"] as const) {
    parts[part] = (await resolvePart(engine, part, "debian")).id;
  }
  curl = parts.curl;
  made.folder = await mkdtemp(join(tmpdir(), "slipway-triggers-"));
  made.network = await engine.createNetwork({ Name: networkName, Labels: labels });
  const port = await listening(backend, "0.0.0.0");
  const { IPAM } = await made.network.inspect();
  const gateway = IPAM?.Config?.[0]?.Gateway ?? "no gateway";
  const switchContainer = await start(
    "switch",
    parts.haproxy,
    "/usr/local/etc/haproxy/haproxy.cfg",
    haproxy(gateway, port),
  );
  await start("prometheus", parts.prometheus, "/etc/prometheus/prometheus.yml", prometheus);
  const { NetworkSettings } = await switchContainer.inspect();
  address = NetworkSettings.Networks[networkName]?.IPAddress ?? "";
});

afterAll(async () => {
  backend.closeAllConnections();
  backend.close();
  for (const container of made.containers) await container.remove({ force: true, v: true });
  await made.network?.remove();
  if (made.folder !== undefined) await rm(made.folder, { recursive: true });
});

function haproxy(host: string, port: number): string {
  return [
    "defaults",
    "  mode http",
    "  timeout connect 1s",
    "  timeout client 10s",
    "  timeout server 10s",
    "frontend users",
    "  bind :8080",
    "  default_backend app-8000",
    "backend app-8000",
    "  server hold 127.0.0.1:9 backup",
    `  server slot1 ${host}:${port}`,
    "frontend metrics",
    "  bind :8405",
    "  http-request use-service prometheus-exporter if { path /metrics }",
    "",
  ].join("\n");
}

const prometheus = [
  "global:",
  "  scrape_interval: 1s",
  "scrape_configs:",
  "  - job_name: switch",
  "    static_configs:",
  "      - targets: ['switch:8405']",
  "",
].join("\n");

async function start(alias: string, image: string, path: string, content: string): Promise<Docker.Container> {
  const file = join(made.folder ?? "", alias);
  await writeFile(file, content, { mode: 0o644 });
  const container = await engine.createContainer({
    name: `slipway-${place.stack}_${alias}`,
    Image: image,
    Labels: labels,
    HostConfig: { Binds: [`${file}:${path}:ro`], NetworkMode: networkName },
    NetworkingConfig: { EndpointsConfig: { [networkName]: { Aliases: [alias] } } },
  });
  made.containers.push(container);
  await container.start();
  return container;
}

async function listening(server: Server, host: string): Promise<number> {
  await new Promise<void>((done) => server.listen(0, host, done));
  return (server.address() as AddressInfo).port;
}

/** Runs `work` while so many users ask through the switch, about ten times a second each. */
async function underLoad<T>(users: number, work: () => Promise<T>): Promise<T> {
  const agent = new Agent({ keepAlive: true });
  let going = true;
  const user = async () => {
    while (going) {
      await request(agent);
      await pause(100);
    }
  };
  const all = Array.from({ length: users }, user);
  try {
    return await work();
  } finally {
    going = false;
    await Promise.all(all);
    agent.destroy();
  }
}

function request(agent: Agent): Promise<void> {
  return new Promise((done, fail) => {
    get({ host: address, port: 8080, agent }, (response) => response.resume().once("end", done)).once("error", fail);
  });
}

/** What Rollout does: asks from a session on the private network. */
function asking<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
  const network = [{ name: networkName, aliases: [] }];
  const request = { image: curl, user: "1000:1000", env: {}, mounts: [], network, memoryMb: 64 };
  return withSession(runner, place, "ask", request, (session) =>
    work(askPrometheus(session, "http://prometheus:9090")),
  );
}

function bake(ask: Ask, baseline: Baseline, seconds: number): Promise<Watched> {
  const fine = async () => undefined;
  return watch({ ask, triggers, baseline, seconds, everySeconds: 2, alive: fine, mayGoOn: fine });
}

/** The baseline, as soon as Prometheus has seen enough requests; undefined when it never does. */
async function baselineOf(ask: Ask): Promise<Baseline | undefined> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const baseline = await measure(ask, triggers, 10);
    if (baseline[slow] !== undefined) return baseline;
    await pause(500);
  }
  return undefined;
}

test("healthy traffic has its latency as baseline and trips nothing", async () => {
  product.delayMs = 100;
  await underLoad(20, () =>
    asking(async (ask) => {
      const baseline = (await baselineOf(ask)) ?? {};
      expect(baseline[slow]).toBeGreaterThan(0.09);
      expect(baseline[slow]).toBeLessThan(0.25);
      expect(await bake(ask, baseline, 8)).toEqual({ samples: 4, seconds: expect.closeTo(8, -1), silent: [] });
    }),
  );
});

test("2 % of 5xx trip, with the number; right after, the same traffic without them does not", async () => {
  await underLoad(20, () =>
    asking(async (ask) => {
      product.failEach = 50;
      const bad = await bake(ask, {}, 30);
      expect(bad.tripped).toMatch(
        /^5xx answers of app-8000: [1-3](\.\d+)? %, allowed 1 % \(guide 004, "When to Rollback": 5xx error rate >1%\)$/,
      );
      expect(bad.seconds).toBeLessThan(25);
      product.failEach = 0;
      // Its windows begin now: what the release before answered is not held against this one.
      expect((await bake(ask, {}, 8)).tripped).toBeUndefined();
    }),
  );
});

test("answers slower than twice the baseline trip, with the mean of the new ones; no requests say nothing", async () => {
  await asking(async (ask) => {
    const baseline = (await underLoad(20, () => baselineOf(ask))) ?? {};
    product.delayMs = 300;
    const { tripped } = await underLoad(40, () => bake(ask, baseline, 40));
    expect(tripped).toMatch(
      /^request latency of app-8000: 0\.[2-9]\d*, 2 times the 0\.[12]\d* before the release is allowed \(guide 004, .*Query latency >2x baseline\)$/,
    );
    expect(await bake(ask, baseline, 8)).toEqual({ samples: 4, seconds: expect.closeTo(8, -1), silent: names });
  });
});

test("a Prometheus that is gone undoes nothing and is told", async () => {
  await made.containers[1]?.stop({ t: 1 });
  const watched = await asking((ask) => bake(ask, {}, 4));
  expect(watched).toMatchObject({ samples: 2, silent: names });
  expect(watched.tripped).toBeUndefined();
  expect(watched.unanswered).toMatch(
    /^request latency of app-8000: Prometheus did not answer: curl: \(\d+\) .*prometheus/,
  );
});

test("an undone release is announced by webhook; a dead webhook costs a sentence", async () => {
  const event: ReleaseEvent = {
    event: "undone",
    stack: place.stack,
    system: "test",
    environment: "local",
    release: "r1",
    version: "1.0.0",
    image: "test@sha256:abc",
    seconds: 31,
    why: "5xx answers of app-8000: 2 %, allowed 1 %",
    at: new Date().toISOString(),
  };
  const got: unknown[] = [];
  const receiver = createServer(async (request, response) => {
    got.push(await json(request));
    response.writeHead(200).end();
  });
  const port = await listening(receiver, "127.0.0.1");
  const url = `http://127.0.0.1:${port}/services/the-secret`;
  expect(await send(url, announcement(event))).toBeUndefined();
  expect(got).toEqual([
    {
      ...event,
      text: `Release undone after 31 s: test 1.0.0 on ${place.stack} (local), release r1. Why: 5xx answers of app-8000: 2 %, allowed 1 %`,
    },
  ]);
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
  expect(await send(url, announcement(event))).toBe(
    `the webhook at 127.0.0.1:${port} was not told of "undone": ECONNREFUSED`,
  );
});
