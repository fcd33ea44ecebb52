/** One at a time changes a stack in a cluster: by the Lease of its namespace a backup waits for a release, and a release for whoever restores. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/host.ts";
import { expectRefusal, expectSuccess } from "./support/release.ts";
import type { Running } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

const product = "test/workloads/orders";

let cluster: Cluster;
let stack: TestStack;

const here = (...args: readonly string[]) => cluster.kubectl("--namespace", `slipway-${stack.name}`, ...args);

/** Of the Lease; undefined while nobody holds it. */
async function held(): Promise<{ readonly holder: string; readonly since: string } | undefined> {
  const fields = "jsonpath={.spec.holderIdentity}|{.spec.acquireTime}";
  const asked = await cluster.ask("--namespace", `slipway-${stack.name}`, "get", "lease", "lease", "-o", fields);
  const [holder, since] = asked.stdout.trim().split("|");
  return asked.code === 0 && holder !== undefined && since !== undefined ? { holder, since } : undefined;
}

async function wanted(version: string): Promise<void> {
  await cluster.bringApplication("orders", product, { VERSION: version });
  await stack.set(["slipway:image", "build", "args"], { VERSION: version });
  await stack.set(["slipway:app", "version"], version);
}

/** Looks again and again until a command has ended. */
async function meanwhile({ done }: Running, look: () => Promise<void>, everyMs: number): Promise<void> {
  let over = false;
  const ended = done.then(() => {
    over = true;
  });
  while (!over) {
    await look();
    await Promise.race([ended, pause(everyMs)]);
  }
}

beforeAll(async () => {
  cluster = await Cluster.up();
  await cluster.bringParts("postgres", "curl");
  stack = await TestStack.orders();
  stack.variables = cluster.variables;
  await stack.set(["slipway:platform"], "kubernetes");
  await stack.set(["slipway:kubernetes"], { volumeGb: 1 });
  // What pods ask for must fit a node of two cores, those of a rehearsal too.
  await stack.set(["slipway:resources"], { cpus: 0.4, memoryMb: 256 });
  await stack.set(["slipway:app", "replicas"], 1);
  await stack.set(["slipway:app", "workers"], 1);
  await stack.set(["slipway:prometheus", "enabled"], false);
  await wanted("1.0.0");
  expectSuccess(await stack.slipway("start"));
});
afterAll(async () => {
  await cluster.remove(stack);
});

describe("one at a time", () => {
  it("a release holds it from its first step to its proof; a backup waits for that", async () => {
    await wanted("1.0.1");
    const release = stack.begin("start");
    const seen: { readonly holder: string; readonly since: string }[] = [];
    let backup: Running | undefined;
    const look = async () => {
      const now = await held();
      if (now === undefined || now.holder.startsWith("backup,")) return;
      seen.push(now);
      if (now.holder.startsWith("rollout,")) backup ??= stack.begin("backup", "--json");
    };
    await meanwhile(release, look, 300);
    expectSuccess(await release.done);
    const steps = [...new Set(seen.map(({ holder }) => holder.replace(/,.*/, "")))];
    expect(steps[0]).toBe("backup point");
    expect(steps).toEqual(expect.arrayContaining(["rollout", "smoke test"]));
    expect(new Set(seen.map(({ holder }) => holder.replace(/^[^,]*/, ""))).size, "one process").toBe(1);
    expect(new Set(seen.map(({ since }) => since)).size, "never let go in between").toBe(1);
    const taken = await backup?.done;
    if (taken === undefined) throw new Error("no backup was begun");
    expectSuccess(taken);
    const { set } = z.object({ set: z.string() }).parse(JSON.parse(taken.stdout));
    expect((await stack.slipway("backup", "--list", "--json")).stdout).toContain(set);
    expect(await held()).toBeUndefined();
  });

  it("a holder elsewhere that is silent is taken over; one that lives is named, with since when, and nothing is done", async () => {
    const file = join(stack.state, "lease.json");
    const acquireTime = "2026-01-02T03:04:05.000000Z";
    /** What another machine does. */
    const renew = async () => {
      const annotations = { "slipway/purpose": "restore", "slipway/pid": "7", "slipway/host": "another/boot" };
      const renewTime = new Date().toISOString().replace("Z", "000Z");
      const spec = { holderIdentity: "restore, process 7 on another/boot", acquireTime, renewTime };
      const metadata = { name: "lease", annotations };
      await writeFile(file, JSON.stringify({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec }));
      await here("apply", "-f", file);
    };
    await renew();
    expectSuccess(await stack.slipway("backup"));
    expect(await held()).toBeUndefined();
    await renew();
    const pods = await here("get", "pods", "-o", "name");
    await wanted("1.0.2");
    const release = stack.begin("start");
    await meanwhile(release, renew, 5_000);
    expectRefusal(
      await release.done,
      /being changed by somebody else: restore, process 7 on another\/boot, since 2026-01-02T03:04:05\.000Z/,
    );
    expect(await here("get", "pods", "-o", "name")).toBe(pods);
    await here("delete", "lease", "lease");
    expectSuccess(await stack.slipway("start"));
    await eventually("the release serves", async () => ((await held()) === undefined ? true : undefined));
  });
});
