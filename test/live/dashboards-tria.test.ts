/** Tria's dashboards (guide 003, "Monitoring Metrics"): values against rows, what OpenAI's double was asked, and processes. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OpenAIDouble } from "../doubles/openai.ts";
import { Boards, expectNear, residentBytes, steadily } from "./support/dashboards.ts";
import type { Outside } from "./support/host.ts";
import { launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";
import { chat, openaiDouble, triaSql, triaStack } from "./support/tria.ts";

let double: OpenAIDouble;
let stack: TestStack;
let outside: Outside;
let boards: Boards;
let pace: number;
/** Orders of the half minute before the moment that is asked about. */
let orders: number;

const seconds = 30;

beforeAll(async () => {
  double = await openaiDouble();
  stack = await triaStack(double);
  outside = await launch(stack);
  boards = await Boards.of(stack, outside);
  let before = 0;
  pace = await steadily(seconds + 15, async (turn) => {
    if (turn === 30) before = await countOrders();
    const { status, body } = await chat(outside, `board-${turn}`, "order 1 x BOX-12", "board");
    if (status !== 200) throw new Error(`${status} ${body}`);
  });
  boards.at = Date.now();
  orders = (await countOrders()) - before;
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
});

async function countOrders(): Promise<number> {
  return Number(await triaSql(outside, "SELECT count(*) FROM orders"));
}

it("Prometheus refuses no query of any panel, and all but the mark show something", async () => {
  const { refused, empty } = await boards.judge();
  expect(refused).toEqual([]);
  expect(empty).toEqual(["marker"]);
});

it("orders and the chatbot's new answers are the rows of the database", async () => {
  expectNear(await boards.value("Orders"), orders / seconds);
  expectNear(await boards.value("Answers of the chatbot", { kind: "new" }), orders / seconds);
  expectNear(await boards.value("Orders of the last day"), await countOrders(), 0.3);
});

it("requests are those that were sent, at the switch and by path", async () => {
  expectNear(await boards.value("Requests by status", { code: "2xx" }), pace);
  expectNear(await boards.value("Requests by path", { method: "POST", path: "/api/chatbot" }), pace);
});

it("versions and replicas are the containers that run", async () => {
  const running = await outside.running("backend");
  expect(await boards.value("Versions")).toBe(running.length);
  expect(await boards.value("Replicas that serve")).toBe(running.length);
});

it("memory of Prometheus is its process' own", async () => {
  const { Id } = await outside.inspect("prometheus");
  expectNear(await boards.value("Memory of Prometheus"), await residentBytes(Id), 0.25);
});
