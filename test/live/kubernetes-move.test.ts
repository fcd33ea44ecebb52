/** Moving house: a running Tria from a Docker host into a cluster, by a backup set and its restore; how long nobody can order. */
import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { freePort } from "../../ops/free-port.ts";
import type { OpenAIDouble } from "../doubles/openai.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually, type Outside } from "./support/host.ts";
import { expectSuccess, launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";
import { chat, openaiDouble, triaSql, triaStack } from "./support/tria.ts";

const nodePort = 30_000 + ((await freePort()) % 2_700);

let double: OpenAIDouble;
let cluster: Cluster;
/** On the Docker host, and in the cluster. */
let old: TestStack;
let fresh: TestStack;
let outside: Outside;
let base: string;

const keys = "SELECT key FROM idempotency_keys ORDER BY key";
const lines = (text: string) => text.split("\n").filter((line) => line !== "");
const there = async (statement: string) => {
  const sql = ["psql", "-XqAt", "-d", "tria_aibpo", "-c", statement];
  return lines(await cluster.kubectl("--namespace", `slipway-${fresh.name}`, "exec", "postgres-0", "--", ...sql));
};

/** An order in the cluster; whether it was taken. */
async function ordersThere(key: string): Promise<boolean> {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const body = JSON.stringify({ message: "order 1 x BOX-12", user_id: "mover" });
  const signal = AbortSignal.timeout(10_000);
  return fetch(`${base}/api/chatbot`, { method: "POST", headers, body, signal }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

const order = (key: string) => chat(outside, key, "order 1 x BOX-12", "mover");

beforeAll(async () => {
  cluster = await Cluster.up();
  await cluster.bringParts("redis", "postgres", "curl");
  await cluster.bringApplication("tria", "test/workloads/tria");
  double = await openaiDouble();
  old = await triaStack(double);
  // One state of both, as on an operator's machine.
  fresh = await triaStack(double, old.state);
  for (const stack of [old, fresh]) await stack.set(["slipway:prometheus", "enabled"], false);
  outside = await launch(old);
  fresh.variables = cluster.variables;
  old.variables = cluster.variables;
  await fresh.set(["slipway:platform"], "kubernetes");
  await fresh.set(["slipway:kubernetes"], { nodePort, volumeGb: 1 });
  await fresh.set(["slipway:resources"], { cpus: 0.4, memoryMb: 384 });
  expectSuccess(await fresh.slipway("start"));
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  base = `http://${await cluster.kubectl("get", "nodes", "-o", path)}:${nodePort}`;
});
afterAll(async () => {
  await fresh.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview");
  await cluster.kubectl("delete", "namespace", `slipway-${fresh.name}`, "--ignore-not-found");
  await rm(fresh.file, { force: true });
  await old.destroy();
  await double.stop();
});

describe("moving house", () => {
  it("a set goes along while the old stack serves on", async () => {
    expect((await order("first")).status).toBe(200);
    expectSuccess(await old.slipway("backup"));
    expect((await order("after-the-set")).status).toBe(200);
    expectSuccess(await old.slipway("restore", "--into", fresh.name, "--yes"));
    expect(await there(keys)).toEqual(["first"]);
    expect((await order("still-here")).status).toBe(200);
    await eventually("the cluster takes orders on it", async () => ((await ordersThere("there")) ? true : undefined));
  });

  it("one that fails after the stack was stopped has it serve again, with every order", async () => {
    const server = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${fresh.name}`, ...args);
    await server("scale", "statefulset/postgres", "--replicas=0");
    await server("wait", "--for=delete", "pod/postgres-0", "--timeout=120s");
    const move = await old.slipway("restore", "--into", fresh.name, "--move", "--yes");
    expect(move.code, move.output).toBe(1);
    expect(move.output).toMatch(new RegExp(`The move failed; ${old.name} is started again`));
    await eventually("it takes orders again", async () =>
      (await order("after-a-failed-move")).status === 200 ? true : undefined,
    );
    expect(lines(await triaSql(outside, keys))).toEqual([
      "after-a-failed-move",
      "after-the-set",
      "first",
      "still-here",
    ]);
    await server("scale", "statefulset/postgres", "--replicas=1");
    await server("rollout", "status", "statefulset/postgres", "--timeout=120s");
  });

  it("the move loses no order that was acknowledged, and tells how long nobody could order", async () => {
    const acknowledged: string[] = ["first", "after-the-set", "still-here", "after-a-failed-move"];
    let lastHere = Date.now();
    let moving = true;
    const orders = (async () => {
      for (let number = 0; moving; number += 1) {
        const key = `move-${number}`;
        const taken = await order(key).then(
          ({ status }) => status === 200,
          () => false,
        );
        if (taken) {
          acknowledged.push(key);
          lastHere = Date.now();
        }
        await pause(100);
      }
    })();
    const move = await old.slipway("restore", "--into", fresh.name, "--move", "--yes");
    moving = false;
    await orders;
    expectSuccess(move);
    await eventually("the cluster takes an order", async () => ((await ordersThere("moved")) ? true : undefined));
    console.log(`  nobody could order for ${((Date.now() - lastHere) / 1000).toFixed(1)} s`);
    expect(await there(keys)).toEqual([...acknowledged, "moved"].sort());
    expect(await outside.running("backend")).toEqual([]);
    expect(lines(await triaSql(outside, keys))).toEqual([...acknowledged].sort());
  });

  it("in the cluster it goes back to a set of its own while it runs", async () => {
    const before = await there(keys);
    const taken = await fresh.slipway("backup", "--json");
    expectSuccess(taken);
    const { set } = z.object({ set: z.string() }).parse(JSON.parse(taken.stdout));
    expect(await ordersThere("too-late")).toBe(true);
    expect(await there(keys)).toContain("too-late");
    expectSuccess(await fresh.slipway("restore", "--set", set, "--yes"));
    expect(await there(keys)).toEqual(before);
    await eventually("it takes orders", async () => ((await ordersThere("after-all")) ? true : undefined));
  });
});
