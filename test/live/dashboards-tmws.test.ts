/** TMWS 2.4's dashboards: each query against the stack's own Prometheus, values against counts of another kind, a release as a mark. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLog } from "../../ops/logs/read.ts";
import { requestIn } from "../../ops/status/requests.ts";
import { Boards, expectNear, residentBytes, steadily } from "./support/dashboards.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { tmwsRate } from "./support/product.ts";
import { expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let boards: Boards;
/** Turns a second. */
let pace: number;

const tokensEach = 5;

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  boards = await Boards.of(stack, outside);
  const token = await outside.exec("app", "tmws", "api-key");
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const late = new Date(Date.now() + 90 * 86_400_000).toISOString();
  const licenses = [soon, soon, late].map((expires_at, place) => ({
    agent_id: `board-${place}`,
    tier: "PRO",
    expires_at,
  }));
  const imported = await outside.https("POST", "/api/v1/license/import", { token, body: { licenses } });
  expect(imported.status, imported.body).toBe(200);
  pace = await steadily(45, async (turn) => {
    const body = { agent_id: "board-2", tokens: tokensEach };
    const checked = await outside.https("POST", "/api/v1/budget/check", { token, body });
    if (checked.status !== 200) throw new Error(`${checked.status} ${checked.body}`);
    if (turn % 2 === 0) await outside.https("GET", "/no-such-page");
  });
  boards.at = Date.now();
});
afterAll(async () => stack.destroy());

it("Prometheus refuses no query of any panel, and all but the mark show something", async () => {
  const { refused, empty } = await boards.judge();
  expect(refused).toEqual([]);
  expect(empty).toEqual(["marker"]);
  console.log(`  ${boards.queries.length} queries of TMWS 2.4's dashboards`);
});

describe("values", () => {
  it("requests a second are those that were sent, good ones and unknown pages apart", async () => {
    expectNear(await boards.value("Requests by status", { code: "2xx" }), pace);
    expectNear(await boards.value("Requests by status", { code: "4xx" }), pace / 2);
    expect(await boards.value("Error ratio")).toBe(0);
  });

  it("budget checks and tokens are those that were asked for", async () => {
    expectNear(await boards.value("Budget Check Rate", { result: "allowed" }), pace);
    expectNear(await boards.value("Token Usage by Tier", { tier: "PRO" }), pace * tokensEach);
  });

  it("requests of the hour are the lines of the switch's log", async () => {
    const { Id } = await outside.inspect("switch");
    const lines = await readLog(engine, Id, { since: Date.now() - 3_600_000, tail: 100_000 });
    const users = lines
      .flatMap(({ at, text }) => requestIn(text, Date.parse(at)) ?? [])
      .filter(({ at }) => at <= (boards.at ?? 0));
    expect(users.length).toBeGreaterThan(100);
    expectNear(await boards.value("Requests of the last hour"), users.length);
  });

  it("licenses that expire soon are the rows of the database", async () => {
    const rows = await outside.sql(
      "SELECT count(*) FROM license_keys WHERE is_active AND expires_at > datetime('now') AND expires_at <= datetime('now', '+7 days')",
    );
    expect(rows).toBe("2");
    expect(await boards.value("Licenses Expiring Soon")).toBe(Number(rows));
  });

  it("memory is the process' own, replicas are the containers that run", async () => {
    const { Id } = await outside.inspect("app");
    expectNear(await boards.value("Memory Usage"), await residentBytes(Id));
    expect(await boards.value("Replicas that serve")).toBe((await outside.running("app")).length);
  });
});

it("a release, which holds requests for its one writer, is a mark; the time before it has none", async () => {
  // Since the load ended: at its beginning the launch itself may still be one, as Prometheus last saw the switch.
  expect(await boards.marked(boards.at ?? 0)).toEqual([]);
  await stack.set(["slipway:app", "extraEnv"], { ...tmwsRate, TMWS_GREETING: "again" });
  const released = Date.now();
  expectSuccess(await stack.slipway("start"));
  const took = (Date.now() - released) / 1000;
  const marks = await eventually("the mark", async () => {
    const found = await boards.marked(released);
    return found.length > 0 ? found : undefined;
  });
  expect((marks.at(-1) ?? 0) - (marks[0] ?? 0), "one stretch").toBeLessThanOrEqual(took + 20);
});
