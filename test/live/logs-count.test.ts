/** A stack whose lines are counted and sent nowhere: what the IT Diligence Agent's database and workers say becomes a number and an alert. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../ops/free-port.ts";
import type { AnthropicDouble } from "../doubles/anthropic.ts";
import {
  anthropicDouble,
  configure,
  diligenceStack,
  inside,
  postgresSql,
  type Sql,
  tokenOf,
} from "./support/diligence.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { expectNoChanges, launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";

let double: AnthropicDouble;
let stack: TestStack;
let outside: Outside;
let sql: Sql;

beforeAll(async () => {
  double = await anthropicDouble();
  stack = await diligenceStack(double, { replicas: 1, workers: 1 });
  await stack.set(["slipway:logs"], { count: true, ship: { port: await freePort() } });
  await configure(stack, { version: "2.4.0", head: "003" });
  outside = await launch(stack);
  sql = postgresSql(outside);
});
afterAll(async () => {
  await stack?.destroy();
  await double?.stop();
});

/** Waits until Prometheus has the number. */
function becomes(query: string, value: string): Promise<boolean> {
  return eventually(
    `${query} is ${value}`,
    async () => {
      const found = (await outside.query(query))[0]?.value[1];
      if (found !== value) throw new Error(`it is ${found}`);
      return true;
    },
    120,
  );
}

const refused = "sum(slipway_log_check_cost_status_values_total)";
const violate = () =>
  expect(
    sql("INSERT INTO facts (deal_id, domain, name, cost_status) VALUES ('none', 'applications', 'a', 'free')"),
  ).rejects.toThrow("check_cost_status_values");

test("Prometheus asks the counter, every part's lines are counted, and a second preview shows no change", async () => {
  await becomes('up{job="log"}', "1");
  // The web server prints nothing while all is well.
  for (const part of ["worker", "postgres", "switch"])
    await becomes(`sum(slipway_log_lines_total{exported_job="${stack.name}/${part}"}) > bool 0`, "1");
  expect(await outside.query(refused)).toEqual([]);
  await expectNoChanges(stack);
});

test("a violated check in the database shows in the metric, exactly, and the first one fires its alert", async () => {
  await violate();
  await becomes(refused, "1");
  await becomes('sum(ALERTS{alertname="ConstraintViolated",alertstate="firing"})', "1");
  await violate();
  await violate();
  await becomes(refused, "3");
  // PostgreSQL's own line is one; the word stands in workloads' lines alone.
  expect(await outside.query('slipway_log_check_cost_status_values_total{exported_job!~".*/postgres"}')).toEqual([]);
});

test("a task that ends by an exception is counted as failed", async () => {
  const send = "from pipeline.celery_app import app; app.send_task('pipeline.tasks.run_pipeline', [])";
  await inside(outside, "worker", "python", "-c", send);
  await becomes("sum(slipway_log_tasks_failed_total)", "1");
});

test("connection errors are the database's: while it is away requests say so", async () => {
  const token = await tokenOf(outside);
  const { Id } = await outside.inspect("postgres");
  await engine.getContainer(Id).stop({ t: 30 });
  try {
    await eventually("a request tells that the database is away", async () => {
      const { status } = await outside.https("GET", "/api/notes/a", { token });
      return status === 503 ? true : undefined;
    });
    await becomes(`sum(slipway_log_connection_errors_total{exported_job="${stack.name}/web"}) > bool 0`, "1");
  } finally {
    await engine.getContainer(Id).start();
  }
});

test("the counter is killed: the product answers, and counting goes on from nothing", async () => {
  await outside.healthy();
  const { Id } = await outside.inspect("log-shipper");
  await engine.getContainer(Id).restart({ t: 0 });
  expect((await outside.https("GET", "/api/health")).status).toBe(200);
  const counted = async () => (await outside.query(refused)).map(({ value }) => Number(value[1]))[0];
  await eventually("the old number is gone", async () => ((await counted()) === undefined ? true : undefined));
  await becomes('up{job="log"}', "1");
  // A line that the engine sends before the port answers again is lost, as documented.
  let tried = 0;
  const found = await eventually("a violation is counted anew", async () => {
    await violate();
    tried += 1;
    return counted();
  });
  expect(found).toBeLessThanOrEqual(tried);
});
