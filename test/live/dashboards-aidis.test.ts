/** AIDIS' dashboards (guide 002, "Key Metrics to Monitor"): values against rows, clients and processes, under a load of JSON lines. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { AidisStack } from "./support/aidis-stack.ts";
import { Boards, expectNear, residentBytes, steadily } from "./support/dashboards.ts";
import { expectSuccess } from "./support/release.ts";

let aidis: AidisStack;
let boards: Boards;
/** Rows of the half minute before the moment that is asked about, and all that there are. */
const counted = { contexts: 0, sessions: 0, projects: 0 };

const seconds = 30;
/** tcp-load.mjs has so many. */
const clients = 4;

beforeAll(async () => {
  aidis = await AidisStack.make();
  expectSuccess(await aidis.release({ version: "1.0.0" }));
  boards = await Boards.of(aidis.stack, aidis.outside);
  await aidis.loaded(async () => {
    await steadily(seconds + 15, async (turn) => {
      if (turn % 20 !== 0) return;
      const made = await aidis.ask(
        { method: "session_start", params: { user: `board-${turn}` } },
        { method: "project_create", params: { name: `board-${turn}`, user: "board" } },
      );
      if (!made.every(({ ok }) => ok)) throw new Error(JSON.stringify(made));
    });
    boards.at = Date.now();
    const number = async (question: string) => Number(await aidis.sql(`SELECT count(*) FROM ${question}`));
    counted.contexts = await number(`contexts WHERE created_at > now() - interval '${seconds} s'`);
    counted.sessions = await number("sessions WHERE status = 'active'");
    counted.projects = await number("projects WHERE name LIKE 'board-%'");
  });
});
afterAll(async () => aidis.stack.destroy());

it("Prometheus refuses no query of any panel, and all but the mark show something", async () => {
  const { refused, empty } = await boards.judge();
  expect(refused).toEqual([]);
  expect(empty).toEqual(["marker"]);
});

it("requests by method are the rows that they left", async () => {
  expectNear(await boards.value("Requests by method", { method: "context_store" }), counted.contexts / seconds);
});

it("active sessions and the day's projects are the rows of the database", async () => {
  expect(await boards.value("Active sessions")).toBe(counted.sessions);
  expectNear(await boards.value("Projects created per day"), counted.projects, 0.3);
});

it("clients are those of the load, at the switch and at the servers", async () => {
  expect(await boards.value("Connected clients")).toBe(clients);
  expect(await boards.value("Open connections")).toBe(clients);
});

it("memory is the processes' own, servers are the containers that run", async () => {
  const servers = await aidis.servers();
  const resident = (await Promise.all(servers.map(residentBytes))).reduce((sum, each) => sum + each, 0);
  const shown = (await boards.panel("Memory")).filter(({ labels }) => labels["__name__"]?.startsWith("process_"));
  expectNear(
    shown.reduce((sum, { value }) => sum + value, 0),
    resident,
    0.25,
  );
  expect(await boards.value("Replicas that serve")).toBe(servers.length);
});
