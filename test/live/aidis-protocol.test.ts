/** AIDIS's reference application by its own containers: raw TCP as its clients see it, the drain, and the faults that tests ask for. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AidisBench, logsOf } from "./support/aidis.ts";
import { metrics, one } from "./support/aidis-ask.ts";
import { engine, eventually, runner } from "./support/host.ts";

const bench = new AidisBench();
let server: string;

beforeAll(async () => {
  server = await bench.startServing();
});
afterAll(async () => bench.remove());

/** Talks to the server and stays: prints every line that comes. Its own container, so that it outlives the server. */
async function talker(host: string, script: string) {
  const program = `const s = require("node:net").connect(3001, "${host}"); s.setEncoding("utf8").on("data", (t) => process.stdout.write(t)).on("close", () => { console.log("closed"); process.exit(0); }); ${script}`;
  return bench.container(["node", "-e", program]);
}

async function addressOf(id: string): Promise<string> {
  const { NetworkSettings } = await engine.getContainer(id).inspect();
  return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
}

describe("the protocol", () => {
  it("answers the guide's own line from a client that closes its side at once", async () => {
    const client = await talker(await addressOf(server), `s.end('{"method": "project_list"}\\n');`);
    await client.wait();
    const [line = "", last] = (await logsOf(client)).trim().split("\n");
    expect([JSON.parse(line).ok, last]).toEqual([true, "closed"]);
  });

  it("hangs up on what is no JSON: a web page cannot speak to it", async () => {
    const client = await talker(
      await addressOf(server),
      `s.write('POST / HTTP/1.1\\r\\n\\r\\n{"method":"project_list"}\\n');`,
    );
    await client.wait();
    const lines = (await logsOf(client)).trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      ok: false,
      error: { type: "bad_request", message: "not JSON" },
    });
  });

  it("SIGTERM: says drain, answers on until the client leaves, then ends with 0", async () => {
    const container = await bench.server({ DRAIN_SECONDS: "20" });
    const ping = JSON.stringify({ method: "ping" });
    const script = `s.once("data", () => { s.write('${ping}\\n'); setTimeout(() => s.end(), 500); });`;
    const client = await talker(await addressOf(container.id), script);
    await eventually("a client", async () =>
      /^aidis_connections 1$/m.test(await metrics(container.id)) ? true : undefined,
    );
    const began = performance.now();
    await container.stop({ t: 30 });
    expect(performance.now() - began).toBeLessThan(10_000);
    await client.wait();
    const [drain = "", pong = "", closed] = (await logsOf(client)).trim().split("\n");
    expect([JSON.parse(drain), JSON.parse(pong).result, closed]).toEqual([
      { event: "drain" },
      { pong: true },
      "closed",
    ]);
    expect((await container.inspect()).State.ExitCode).toBe(0);
    await bench.stop(container);
  });

  it("DRAIN_SECONDS is the end of its patience", async () => {
    const container = await bench.server({ DRAIN_SECONDS: "1" });
    const client = await talker(await addressOf(container.id), "");
    await eventually("a client", async () =>
      /^aidis_connections 1$/m.test(await metrics(container.id)) ? true : undefined,
    );
    await container.stop({ t: 30 });
    await client.wait();
    expect((await logsOf(client)).trim().split("\n")).toEqual(['{"event":"drain"}', "closed"]);
    expect((await container.inspect()).State.ExitCode).toBe(0);
    await bench.stop(container);
  });
});

describe("faults", () => {
  it("unready never gets healthy, slow answers late", async () => {
    for (const fault of ["unready", "slow"]) await bench.build(`${bench.image}-${fault}`, `FAULT=${fault}`);
    const unready = await bench.container([], {}, `${bench.image}-unready`);
    await eventually("an answer", async () => ((await one(unready.id, "ping")).ok ? true : undefined));
    expect((await runner.exec(unready.id, { argv: ["aidis-health"] })).output).toContain("reference fault: unready");
    await bench.stop(unready);
    const slow = await bench.server({}, `${bench.image}-slow`);
    const began = performance.now();
    await one(slow.id, "ping");
    expect(performance.now() - began).toBeGreaterThan(1000);
    await bench.stop(slow);
  });
});
