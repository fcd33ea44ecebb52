/** IT Diligence Agent's dashboards (guide 004, "Metrics to Watch"): values against rows, requests sent and containers. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AnthropicDouble } from "../doubles/anthropic.ts";
import { Boards, expectNear, residentBytes, steadily } from "./support/dashboards.ts";
import { anthropicDouble, configure, diligenceStack, postgresSql, tokenOf } from "./support/diligence.ts";
import type { Outside } from "./support/host.ts";
import { launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";

let double: AnthropicDouble;
let stack: TestStack;
let outside: Outside;
let boards: Boards;
let pace: number;
/** Notes of the half minute before the moment that is asked about. */
let notes: number;

const seconds = 30;

beforeAll(async () => {
  double = await anthropicDouble();
  stack = await diligenceStack(double, { replicas: 2, workers: 1 });
  await configure(stack, { version: "2.4.0", head: "003" });
  outside = await launch(stack);
  boards = await Boards.of(stack, outside);
  const token = await tokenOf(outside);
  const count = async () => Number(await postgresSql(outside)("SELECT count(*) FROM notes"));
  let before = 0;
  pace = await steadily(seconds + 15, async (turn) => {
    if (turn === 30) before = await count();
    const { status, body } = await outside.https("POST", "/api/notes", {
      token,
      body: { key: `board-${turn}`, text: "test" },
    });
    if (status !== 201) throw new Error(`${status} ${body}`);
    if (turn % 2 === 0) await outside.https("GET", "/no-such-page");
  });
  boards.at = Date.now();
  notes = (await count()) - before;
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
});

it("Prometheus refuses no query of any panel, and all but the mark show something", async () => {
  const { refused, empty } = await boards.judge();
  expect(refused).toEqual([]);
  expect(empty).toEqual(["marker"]);
});

it("requests by path are the rows that they left", async () => {
  expectNear(await boards.value("Requests by path", { method: "POST", path: "/api/notes" }), notes / seconds);
});

it("requests at the switch are those that were sent, unknown pages apart", async () => {
  expectNear(await boards.value("Requests by status", { code: "2xx" }), pace);
  expectNear(await boards.value("Requests by status", { code: "4xx" }), pace / 2);
  expect(await boards.value("Failed requests")).toBe(0);
});

it("versions and replicas are the containers that run", async () => {
  const running = await outside.running("web");
  expect(await boards.value("Versions")).toBe(running.length);
  expect(await boards.value("Replicas that serve")).toBe(running.length);
});

it("memory of Prometheus is its process' own", async () => {
  const { Id } = await outside.inspect("prometheus");
  expectNear(await boards.value("Memory of Prometheus"), await residentBytes(Id), 0.25);
});
