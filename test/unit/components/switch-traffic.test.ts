import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Control } from "../../../components/switch/control.ts";
import { backendsOf, candidateBackend, candidatePort } from "../../../components/switch/names.ts";
import {
  asking,
  assignments,
  freeing,
  parseServers,
  parseSessions,
  type Slot,
  switching,
  type Traffic,
  unready,
  unresolved,
} from "../../../components/switch/traffic.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { container, newStack, place } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

describe("names", () => {
  test("one backend for each port of a workload, in the order of the routes", () => {
    const route = (alias: string, port: number) => ({ alias, port });
    expect(backendsOf([route("app", 8001), route("web", 80), route("app", 8000), route("app", 8001)])).toEqual([
      { name: "app-8001", alias: "app", port: 8001 },
      { name: "web-80", alias: "web", port: 80 },
      { name: "app-8000", alias: "app", port: 8000 },
    ]);
    expect(backendsOf([])).toEqual([]);
  });

  test("candidates have backends and ports of their own", () => {
    expect(candidateBackend("app-8000")).toBe("candidate-app-8000");
    expect([candidatePort(0), candidatePort(3)]).toEqual([8480, 8483]);
  });
});

// Lines as HAProxy 3.0 prints them: ready, assigned and closed, drained, never assigned.
const printed = [
  "1",
  "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port",
  "3 app-8000 1 hold 127.0.0.1 2 0 1 1 7 1 0 1 0 0 0 0 - 9 - 0 0 - - 0",
  "3 app-8000 2 slot1 172.19.0.3 2 68 1 1 0 1 0 0 8 0 0 0 app-r1-0 8000 - 0 0 - - 0",
  "3 app-8000 3 slot2 172.19.0.4 0 69 1 1 0 1 0 0 8 0 0 0 app-r2-0 8000 - 0 0 - - 0",
  "3 app-8000 4 slot3 172.19.0.5 2 76 1 1 0 1 0 0 8 0 0 0 app-r0-0 8000 - 0 0 - - 0",
  "3 app-8000 5 slot4 - 0 37 1 1 9 1 0 0 8 0 0 0 unset.invalid 8000 - 0 0 - - 0",
  "4 candidate-app-8000 1 hold 127.0.0.1 2 0 1 1 7 1 0 1 0 0 0 0 - 9 - 0 0 - - 0",
  "4 candidate-app-8000 2 slot1 - 0 37 1 1 9 1 0 0 8 0 0 0 unset.invalid 8000 - 0 0 - - 0",
  "5 edge-metrics 1 edge /run/edge/metrics.sock 2 0 1 1 7 1 0 1 0 0 0 0 - 0 - 0 0 - - 0",
  "",
].join("\n");

describe("parseServers", () => {
  test("slots with their state; the server that holds requests is none, nor is the edge", () => {
    const backend = "app-8000";
    expect(parseServers(printed)).toEqual([
      { backend, name: "slot1", alias: "app-r1-0", address: "172.19.0.3", state: "ready" },
      { backend, name: "slot2", alias: "app-r2-0", address: "172.19.0.4", state: "maint" },
      { backend, name: "slot3", alias: "app-r0-0", address: "172.19.0.5", state: "drain" },
      { backend, name: "slot4", alias: "unset.invalid", address: undefined, state: "maint" },
      { backend: "candidate-app-8000", name: "slot1", alias: "unset.invalid", address: undefined, state: "maint" },
    ]);
  });

  test("a slot between two names has no address", () => {
    const line = "3 app-8000 2 slot1 127.0.0.9 0 69 1 1 6 1 0 0 8 0 0 0 app-r2-0 8000 - 0 0 - - 0";
    expect(parseServers(line).map(({ alias, address }) => [alias, address])).toEqual([["app-r2-0", undefined]]);
  });

  test("nothing but a refusal has none", () => {
    expect(parseServers("Unknown command: 'show server state'\n")).toEqual([]);
  });
});

test("parseSessions: what is in flight, by backend and server", () => {
  const csv = [
    "# pxname,svname,qcur,qmax,scur,smax,slim,stot",
    "route0,FRONTEND,,,9,9,4096,70",
    "app-8000,slot1,0,0,3,5,,60",
    "app-8000,BACKEND,0,0,7,9,410,70",
    "",
  ].join("\n");
  const sessions = parseSessions(csv);
  expect([sessions.get("app-8000/slot1"), sessions.get("app-8000/slot2")]).toEqual([3, undefined]);
});

const slots = parseServers(printed);
const users = { "app-8000": ["app-r2-0"] };

describe("the commands", () => {
  test("assignments: an alias that has no slot gets one that is closed, never one that is wanted or in use", () => {
    expect(assignments(slots, { "app-8000": ["app-r2-0", "app-r3-0"] })).toEqual([
      "set server app-8000/slot4 fqdn app-r3-0",
    ]);
    expect(assignments(slots, { "app-8000": ["app-r1-0"] })).toEqual([]);
    // The old address must go first: what it was the address of may be gone, and another container have it.
    expect(assignments(slots, { "app-8000": ["app-r3-0"] })).toEqual([
      "set server app-8000/slot2 addr 127.0.0.9",
      "set server app-8000/slot2 fqdn app-r3-0",
    ]);
    expect(() => assignments(slots, { "app-8000": ["x", "y", "z"] })).toThrow(
      "backend app-8000 has 2 free slots, 3 are needed",
    );
  });

  test("switching: first opens, then closes; what is wanted nowhere is drained", () => {
    expect(switching(slots, users)).toEqual([
      "set server app-8000/slot2 state ready",
      "set server app-8000/slot1 state drain",
    ]);
    expect(switching(slots, users, "maint").at(-1)).toBe("set server app-8000/slot1 state maint");
    expect(switching(slots, { "app-8000": ["app-r1-0"] })).toEqual([]);
    expect(switching(slots, { "app-8000": [] })).toEqual(["set server app-8000/slot1 state drain"]);
    expect(switching(slots, {})).toEqual([]);
  });

  test("asking: a slot with a check is opened as not ready, and waited for; one without is not", () => {
    // As HAProxy 3.0 prints them: closed, open and not ready, open and ready.
    const checked = parseServers(
      [
        "3 app-8000 2 slot1 172.19.0.3 0 69 1 1 50 1 0 0 14 0 0 0 app-r1-0 8000 - 0 0 - - 0",
        "3 app-8000 3 slot2 172.19.0.4 0 68 1 1 0 17 2 0 6 0 0 0 app-r2-0 8000 - 0 0 - - 0",
        "3 app-8000 4 slot3 172.19.0.5 2 68 1 1 2 15 3 2 6 0 0 0 app-r3-0 8000 - 0 0 - - 0",
      ].join("\n"),
    );
    expect(checked.map(({ state, up }) => [state, up])).toEqual([
      ["maint", false],
      ["ready", false],
      ["ready", true],
    ]);
    const all = { "app-8000": ["app-r1-0", "app-r2-0", "app-r3-0"] };
    expect(asking(checked, all)).toEqual([
      "set server app-8000/slot1 state ready",
      "set server app-8000/slot1 health down",
    ]);
    expect(unready(checked, all).map(({ name }) => name)).toEqual(["slot1", "slot2"]);
    expect(unready(checked, { "app-8000": ["app-r3-0"] })).toEqual([]);
    expect(asking(slots, users)).toEqual([]);
  });

  test("freeing and unresolved", () => {
    expect(freeing(slots, ["app-8000"])).toEqual([
      "set server app-8000/slot2 fqdn unset.invalid",
      "set server app-8000/slot3 state maint",
      "set server app-8000/slot3 fqdn unset.invalid",
    ]);
    const tried = slots.map((slot) => ({ ...slot, backend: "candidate-app-8000" }));
    expect(freeing(tried, ["app-8000"]).filter((command) => command.includes("/slot1 "))).toEqual([
      "set server candidate-app-8000/slot1 state maint",
      "set server candidate-app-8000/slot1 fqdn unset.invalid",
    ]);
    expect(freeing(slots, ["worker-1"])).toEqual([]);
    expect(unresolved(slots, { "app-8000": ["app-r1-0", "app-r9-0"] })).toEqual(["app-r9-0"]);
  });

  test("switching: whatever there was, at no moment fewer are open than before or after", () => {
    const names = ["a", "b", "c", "d"];
    const anySlots = fc
      .tuple(...names.map(() => fc.constantFrom("ready", "drain", "maint")))
      .map((states) =>
        states.map(
          (state, at): Slot => ({ backend: "w", name: `slot${at}`, alias: names[at] ?? "", address: "1", state }),
        ),
      );
    fc.assert(
      fc.property(anySlots, fc.subarray(names), (before, wanted) => {
        const open = new Set(before.filter(({ state }) => state === "ready").map(({ name }) => name));
        const fewest = Math.min(open.size, wanted.length);
        for (const command of switching(before, { w: wanted })) {
          const [, name = "", state] = /^set server w\/(\S+) state (\S+)$/.exec(command) ?? [];
          if (state === "ready") open.add(name);
          else open.delete(name);
          expect(open.size).toBeGreaterThanOrEqual(fewest);
        }
        expect([...open].map((name) => names[Number(name.slice(4))]).sort()).toEqual([...wanted].sort());
      }),
    );
  });
});

describe("Control", () => {
  let host: MemoryHost;
  let control: Control;
  const to = (...aliases: readonly string[]): Traffic => ({ "app-8000": aliases });

  /** Containers that run under these names. */
  async function run(...aliases: readonly string[]): Promise<void> {
    for (const alias of aliases) {
      const network = [{ name: "slipway-test_private", aliases: ["app", alias] }];
      await host.start(await host.create({ ...container("app", "sha256:i"), name: alias, network }));
    }
  }

  beforeEach(() => {
    ({ host } = newStack("overlap"));
    control = new Control(host, place);
  });

  test("routes to these and to no others, holds, and says where requests go", async () => {
    await run("a", "b", "c");
    await control.route(to("a", "b"));
    expect(await control.serving()).toEqual(to("a", "b"));
    await control.route(to("c"));
    expect(await control.serving()).toEqual(to("c"));
    await control.hold(["app-8000"]);
    expect(await control.serving()).toEqual(to());
  });

  test("a pause holds and lets go where it was; the switch ends it by itself when nobody does", async () => {
    await run("a", "b");
    await control.route(to("a"));
    const before = await control.pause(5);
    expect(before).toEqual(to("a"));
    expect(await control.serving()).toEqual(to());
    expect(await control.resume(before)).toBe(true);
    expect(await control.serving()).toEqual(to("a"));

    await control.pause(5);
    host.switch.pauseEnds?.();
    expect(await control.serving()).toEqual(to("a"));
    expect(await control.resume(before)).toBe(false);
    expect(await control.serving()).toEqual(to("a"));
  });

  test("a pause of a switch that is held already goes on holding, and was one", async () => {
    await run("a");
    await control.hold(["app-8000"]);
    const before = await control.pause(5);
    expect(await control.resume(before)).toBe(true);
    expect(await control.serving()).toEqual(to());
  });

  test("candidates are reached by their own backend; users by none of them", async () => {
    await run("a", "b");
    await control.route(to("a"));
    await control.candidates(to("b"));
    expect(host.switch.open("candidate-app-8000")).toEqual(["b"]);
    expect(await control.serving()).toEqual(to("a"));
    // The switch itself is one command then: users may be waiting for it.
    const before = host.calls;
    await control.route(to("b"));
    expect(host.trace.slice(before).filter((call) => call.startsWith("exec set server"))).toEqual([
      "exec set server app-8000/slot2 state ready; set server app-8000/slot1 state drain",
    ]);
  });

  test("what drains is waited for, then its slot is free for the next", async () => {
    await run("a", "b");
    await control.route(to("a"));
    await control.route(to("b"));
    host.switch.inFlight.set("app-8000/slot1", 2);
    expect(await control.drained(["app-8000"], 3)).toBe(2);
    host.switch.inFlight.clear();
    expect(await control.drained(["app-8000"], 3)).toBe(0);
    await control.free(["app-8000"]);
    expect(host.switch.open("app-8000")).toEqual(["b"]);
  });

  test("a slot that had another name is opened only when the new one is found", async () => {
    await run("a", "b");
    host.users.mayHold = true;
    await control.route(to("a"));
    host.end([...host.boxes.values()].find(({ spec }) => spec.name === "a")?.id ?? "");
    await control.hold(["app-8000"]);
    await control.free(["app-8000"]);
    await control.route(to("b"));
    expect(host.problems).toEqual([]);
    expect(host.switch.open("app-8000")).toEqual(["b"]);
  });

  test("twenty releases need no more slots than one", async () => {
    const names = Array.from({ length: 20 }, (_, at) => ["x", "y", "z"].map((each) => `${each}${at}`));
    for (const trio of names) {
      await run(...trio);
      await control.candidates(to(...trio));
      await control.route(to(...trio));
      await control.free(["app-8000"]);
    }
    expect(await control.serving()).toEqual(to("x19", "y19", "z19"));
  });

  test("a name that the engine does not know is told after ten seconds, and users are where they were", async () => {
    await run("a");
    await control.route(to("a"));
    await expect(control.route(to("nobody"))).rejects.toThrow("the switch found no address of nobody within 10 s");
    expect(await control.serving()).toEqual(to("a"));
  });

  test("a switch that is gone is waited for, then told", async () => {
    const gate = [...host.boxes.values()].find(({ labels }) => labels["slipway.part"] === "switch");
    host.end(gate?.id ?? "");
    await expect(control.serving()).rejects.toThrow("asking the switch: its container is stopped");
    host.lose(gate?.id ?? "");
    await expect(control.hold(["app-8000"])).rejects.toThrow("asking the switch: its container is missing");
  });
});
