/** Dashboards of a system of one's own on PostgreSQL, released in overlap: values against counts of another kind, a release as a mark. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { overview } from "../../components/dashboards/overview.ts";
import { asked, queriesOf } from "../../components/dashboards/spec.ts";
import { readLog } from "../../ops/logs/read.ts";
import { Boards, expectNear, steadily } from "./support/dashboards.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { endNow } from "./support/kill.ts";
import { ordersSql } from "./support/product.ts";
import { expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let boards: Boards;
let pace: number;
/** Rows that came in the half minute before the moment that is asked about. */
let rows: number;

const seconds = 30;

beforeAll(async () => {
  stack = await TestStack.orders();
  await stack.set(["slipway:app"], { replicas: 2, workers: 1 });
  outside = await launch(stack);
  boards = await Boards.of(stack, outside);
  let half = 0;
  pace = await steadily(45, async (turn) => {
    if (turn === 30) half = await countRows();
    const body = { key: `board-${turn}`, item: "test", quantity: 1 };
    const made = await outside.https("POST", "/orders", { body });
    if (made.status !== 201) throw new Error(`${made.status} ${made.body}`);
  });
  boards.at = Date.now();
  rows = (await countRows()) - half;
});
afterAll(async () => stack.destroy());

/** So many seconds of orders; how many. */
async function orders(long: number, key: string): Promise<number> {
  let made = 0;
  await steadily(long, async (turn) => {
    const reply = await outside.https("POST", "/orders", {
      body: { key: `${key}-${turn}`, item: "test", quantity: 1 },
    });
    if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
    made += 1;
  });
  return made;
}

async function countRows(): Promise<number> {
  return Number(await ordersSql(outside, "SELECT count(*) FROM orders"));
}

it("Prometheus refuses no query of any panel, and all but the mark show something", async () => {
  const { refused, empty } = await boards.judge();
  expect(refused).toEqual([]);
  expect(empty).toEqual(["marker"]);
});

it("rows about exporters, which this stack has not, are PromQL that Prometheus takes", async () => {
  const jobs = ["switch", "edge", "redis", "postgres", "host"];
  const queries = queriesOf(overview({ stack: "orders", title: "Orders", http: ["web-8000"], tcp: [], jobs }));
  expect(queries.length).toBeGreaterThan(25);
  for (const { promql } of queries) await boards.ask(asked(promql, 30));
});

it("requests by path are the rows that they left, requests at the switch those that were sent", async () => {
  expectNear(await boards.value("Requests by path", { method: "POST", path: "/orders" }), rows / seconds);
  expectNear(await boards.value("Requests by status", { code: "2xx" }), pace);
});

it("each order is a question to the database or more, and none failed", async () => {
  expect(await boards.value("Queries")).toBeGreaterThanOrEqual(0.85 * pace);
  expect(await boards.value("Failed queries")).toBe(0);
});

it("replicas are the containers that run", async () => {
  expect(await boards.value("Replicas that serve")).toBe((await outside.running("web")).length);
});

it("bytes out are those that the switch's log has of each answer", async () => {
  const until = boards.at ?? 0;
  const { Id } = await outside.inspect("switch");
  const lines = await readLog(engine, Id, { since: until - seconds * 1000 });
  const sizes = lines
    .filter(({ at }) => Date.parse(at) <= until)
    .map(({ text }) => Number(/\] route\d+ \S+ \S+ \d{3} (\d+) /.exec(text)?.[1] ?? 0));
  const [, out] = await boards.panel("Bytes");
  expectNear(out?.value ?? 0, sizes.reduce((sum, each) => sum + each, 0) / seconds);
});

it("a release in overlap, with orders all the while, is a mark", async () => {
  await stack.set(["slipway:app", "extraEnv"], { ORDERS_GREETING: "again" });
  const released = Date.now();
  let ended = false;
  const releasing = stack.slipway("start").finally(() => {
    ended = true;
  });
  // Somebody must ask before the switch: the report compares with that.
  for (let turn = 0; !ended; turn += 1) await orders(5, `during-${turn}`);
  expectSuccess(await releasing);
  const took = (Date.now() - released) / 1000;
  const marks = await eventually("the mark", async () => {
    const found = await boards.marked(released);
    return found.length > 0 ? found : undefined;
  });
  expect((marks.at(-1) ?? 0) - (marks[0] ?? 0), "one stretch").toBeLessThanOrEqual(took + 20);
});

describe("the report after a release", () => {
  const shape = z.object({
    worse: z.array(z.string()),
    unanswered: z.array(z.unknown()),
    lines: z.array(
      z.looseObject({
        what: z.string(),
        before: z.number().nullable(),
        after: z.number().nullable(),
        verdict: z.string(),
      }),
    ),
  });
  const look = async () => {
    const { code, stdout, output } = await stack.slipway("report", "--hours", "1", "--json");
    expect([0, 1], output).toContain(code);
    const { lines, ...rest } = shape.parse(JSON.parse(stdout));
    return { code, ...rest, line: (what: string) => lines.find((line) => line.what === what) };
  };

  it("compares what was asked before it with what was asked since, by Prometheus, log, engine and database", async () => {
    const sent = await orders(20, "since");
    const { line, unanswered } = await eventually("Prometheus has seen them", async () => {
      const found = await look();
      return (found.line("requests")?.after ?? 0) > 0.85 * sent ? found : undefined;
    });
    expect(unanswered).toEqual([]);
    expect(line("5xx answers")).toMatchObject({ after: 0, verdict: "same" });
    expect(line("schema assertions that do not hold")).toMatchObject({ after: 0, verdict: "same" });
    expect(line("restarts of replicas")).toMatchObject({ before: 0, after: 0, verdict: "same" });
    expect(line("failed queries of orders")).toMatchObject({ after: 0 });
    const half = line("time to answer, half of the requests");
    expect(half?.before, "the load before the release").toBeGreaterThan(0);
    expect(half?.after).toBeGreaterThan(0);
  });

  it("a replica that ended by itself is worse, and the command's exit code says so", async () => {
    const [first] = await outside.running("web");
    if (first === undefined) throw new Error("no replica runs");
    endNow((await engine.getContainer(first.Id).inspect()).State.Pid);
    const { code, worse, line } = await eventually("it was started again", async () => {
      const found = await look();
      return (found.line("restarts of replicas")?.after ?? 0) > 0 ? found : undefined;
    });
    expect(code).toBe(1);
    expect(worse).toContain("restarts of replicas");
    expect(line("restarts of replicas")).toMatchObject({ before: 0, after: 1, verdict: "worse" });
  });
});
