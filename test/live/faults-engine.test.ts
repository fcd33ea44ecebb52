/** The Docker engine is restarted in mid-release: on an engine of this test's own, so that no other stack notices. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { engineClient } from "../../components/steps/docker-runner.ts";
import { BASE_IMAGE } from "../../infra/images/base-image.ts";
import { resolveApplication, resolvePart } from "../../infra/images/resolve.ts";
import type { Outside } from "./support/host.ts";
import { Killer } from "./support/kill.ts";
import { PrivateEngine } from "./support/private-engine.ts";
import { tmwsProduct, tmwsRate } from "./support/product.ts";
import {
  expectNoChanges,
  expectOneRelease,
  expectSuccess,
  expectWholeAnswers,
  launch,
  polled,
} from "./support/release.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

/** Before anything is loaded: whatever asks for the engine here, and every command, gets the private one. */
const { folder, hostEngine } = vi.hoisted(() => {
  const { tmpdir } = process.getBuiltinModule("node:os");
  const own = `${tmpdir()}/slipway-engine-${process.pid}`;
  const before = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  process.env["DOCKER_HOST"] = `unix://${own}/docker.sock`;
  return { folder: own, hostEngine: before };
});

let engine: PrivateEngine;
let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  const host = engineClient(hostEngine);
  const parts = ["redis", "prometheus", "haproxy", "caddy", "curl"] as const;
  const app = { build: { context: "test/workloads/tmws" } };
  const images = [
    BASE_IMAGE,
    (await resolveApplication(host, "tmws", app, "debian")).name,
    ...(await Promise.all(parts.map(async (part) => (await resolvePart(host, part, "debian")).name))),
  ];
  engine = await PrivateEngine.start(folder);
  await engine.load(hostEngine, images);
  stack = await TestStack.make();
  stack.socket = await engine.reach(stack.port);
  await stack.set(["slipway:images"], "debian");
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, holdSeconds: patientHoldSeconds });
  await stack.set(["slipway:app"], { extraEnv: tmwsRate });
  outside = await launch(stack);
});
afterAll(async () => {
  await stack?.destroy();
  await engine?.remove();
});

it.each(["stop", "ready"])("at phase %s: the next command converges, no write is lost", async (phase) => {
  const days = phase === "stop" ? 41 : 42;
  await stack.set(["slipway:app", "apiKeyExpireDays"], days);
  const killer = new Killer(stack);
  const { tally, rows } = await polled(
    { stack, outside, product: () => tmwsProduct(outside) },
    async () => {
      const running = stack.begin("start");
      await killer.atPhase(running, phase);
      await engine.restart();
      const first = await running.done;
      console.log(`  the command that was cut off ended with ${first.code}`);
      expectSuccess(await stack.slipway("start"));
    },
    120_000,
  );
  expectWholeAnswers(tally, rows);
  expect((await outside.inspect("app")).Config.Env).toContain(`TMWS_API_KEY_EXPIRE_DAYS=${days}`);
  await expectOneRelease(stack, 1);
  await expectNoChanges(stack);
});
