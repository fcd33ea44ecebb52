/** The edge's own numbers in Prometheus: what users asked, what the edge answered itself, also after the edge was killed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { engine, eventually, type Outside } from "./support/host.ts";
import { endNow } from "./support/kill.ts";
import { expectNoChanges, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:watch"], { profile: "small" });
  outside = await launch(stack);
});
afterAll(async () => stack?.destroy());

/** The one number of a query; undefined when there is none. */
async function asked(promql: string): Promise<number | undefined> {
  const url = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(promql)}`;
  const body = await outside.exec("prometheus", "wget", "-q", "-O", "-", url);
  const value = /"value":\[[\d.]+,"([^"]+)"\]/.exec(body)?.[1];
  return value === undefined ? undefined : Number(value);
}

const answers = (code: number, method: string) =>
  `sum(caddy_http_request_duration_seconds_count{job="edge",handler="subroute",code="${code}",method="${method}"})`;

test("what the alerts about restarts ask for is there", async () => {
  const started = await asked('process_start_time_seconds{job="edge"}');
  expect(started).toBeGreaterThan(Date.now() / 1000 - 3600);
  expect(await asked('haproxy_process_uptime_seconds{job="switch"}')).toBeGreaterThan(0);
});

test("each request of a user is counted once, by its status, and nobody else's", async () => {
  // Nobody else asks for what is not there.
  for (let turn = 0; turn < 20; turn += 1) expect((await outside.https("GET", `/no-such-${turn}`)).status).toBe(404);
  const counted = await eventually("Prometheus has seen them", async () => {
    const now = await asked(answers(404, "GET"));
    return now !== undefined && now >= 20 ? now : undefined;
  });
  expect(counted).toBe(20);
});

test("a request that the edge cannot pass on, which the switch never sees, is counted as an error", async () => {
  const { Id } = await outside.inspect("switch");
  await engine.getContainer(Id).stop({ t: 5 });
  try {
    // The edge tries for ten seconds.
    expect((await outside.https("GET", "/health", { seconds: 30 })).status).toBe(502);
  } finally {
    await engine.getContainer(Id).start();
  }
  const errors = await eventually("Prometheus has seen it", async () => {
    const now = await asked('sum(caddy_http_request_errors_total{job="edge",handler="subroute"})');
    return now !== undefined && now > 0 ? now : undefined;
  });
  expect(errors).toBe(1);
  await outside.healthy();
});

test("the socket has no way in from the network: the switch's port for metrics answers two paths, the host none", async () => {
  const status = (path: string) =>
    outside.exec(
      "prometheus",
      "sh",
      "-c",
      'wget -q -O /dev/null "$1" 2>/dev/null && echo taken || echo refused',
      "sh",
      `http://switch:8405${path}`,
    );
  expect((await status("/edge")).trim()).toBe("taken");
  expect((await status("/edge/../config")).trim()).toBe("refused");
  expect((await status("/config")).trim()).toBe("refused");
  expect((await outside.https("GET", "/metrics")).status).toBe(404);
});

test("an edge that was killed comes back with its socket, and a second preview changes nothing", async () => {
  const { Id, State } = await outside.inspect("edge");
  endNow(State.Pid);
  await eventually("the engine started it again", async () =>
    (await engine.getContainer(Id).inspect()).RestartCount > 0 ? true : undefined,
  );
  await eventually("its numbers begin anew", async () => {
    await outside.https("GET", "/health").catch(() => undefined);
    const seen = await asked(answers(200, "GET"));
    return (await asked('up{job="edge"}')) === 1 && seen !== undefined && seen < 20 ? true : undefined;
  });
  await expectNoChanges(stack);
});
