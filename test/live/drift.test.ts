import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { label, resourceName } from "../../components/container/spec.ts";
import { packTar } from "../../components/steps/archive.ts";
import { driftOf, mendsAll } from "./support/drift.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { ordersSql } from "./support/product.ts";
import { expectOneRelease, expectRefusal, expectSuccess, journalOf, launch } from "./support/release.ts";
import { run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, drainSeconds: 2 });
  await stack.set(["slipway:app"], { version: "1.0.0", replicas: 2, workers: 1 });
  outside = await launch(stack);
}, 600_000);
afterAll(async () => stack.destroy());

const drift = () => driftOf(stack);
const mends = () => mendsAll(stack);
const name = (...rest: readonly string[]) => resourceName({ stack: stack.name, system: "orders" }, ...rest);

async function replica(workload: string) {
  const { serving } = await journalOf(stack);
  const found = serving?.replicas.find((each) => each.workload === workload);
  if (found === undefined) throw new Error(`no replica of ${workload} serves`);
  return found;
}

/** Writes into a volume past the part that mounts it read-only. */
async function overwrite(volume: string, path: string, content: string): Promise<void> {
  const { Image } = await outside.inspect("switch");
  const hand = await engine.createContainer({
    Image,
    HostConfig: { Mounts: [{ Type: "volume", Source: volume, Target: "/volume" }] },
  });
  try {
    const file = { path, type: "file", content, mode: 0o444, uid: 0, gid: 0 } as const;
    await hand.putArchive(await packTar([file]), { path: "/volume" });
  } finally {
    await hand.remove();
  }
}

describe("a stack that nobody touched", () => {
  it("has no drift, in words too", async () => {
    const found = await stack.slipway("drift");
    expect(found.output).toContain(`stack ${stack.name} is as the last up left it`);
    expect(found.code).toBe(0);
  });
});

describe("what a hand changed on running containers", () => {
  it("is named, and taken back where it stands: no container is another", async () => {
    const [web, worker] = [await replica("web"), await replica("worker")];
    const before = await outside.fingerprint();
    const prometheus = name("prometheus");
    await engine
      .getContainer(prometheus)
      .update({ Memory: 300 * 1024 ** 2, MemorySwap: 300 * 1024 ** 2, PidsLimit: 99 });
    await engine.getContainer(web.id).update({ NanoCpus: 300_000_000 });
    await engine.getNetwork(name("front")).disconnect({ Container: prometheus, Force: true });
    await engine.getNetwork(name("private")).disconnect({ Container: worker.id, Force: true });
    expect(await drift()).toEqual([
      `container ${prometheus}: memory 300 MB (was memory 512 MB)`,
      `container ${prometheus}: network ${name("front")} disconnected (was network ${name("front")} connected)`,
      `container ${prometheus}: processes 99 (was processes 128)`,
      `container ${web.alias}: cores 0.3 (was cores 2)`,
      `container ${worker.alias}: network ${name("private")} disconnected (was network ${name("private")} connected)`,
    ]);
    await mends();
    expect(await outside.fingerprint()).toEqual(before);
    await expectOneRelease(stack, 3);
  });
});

describe("a container that is not as it was", () => {
  it("removed, stopped or strange: each is named and mended", async () => {
    const web = await replica("web");
    const { Id, Image } = await outside.inspect("prometheus");
    await engine.getContainer(Id).remove({ force: true });
    await engine.getContainer(web.id).stop();
    const stray = await engine.createContainer({
      name: `${stack.name}-stray`,
      Image,
      Labels: { [label.stack]: stack.name },
    });
    expect(await drift()).toEqual(
      [
        `container ${stack.name}-stray: stray: it carries the stack's label and is of no release (was no such container of the stack)`,
        `container ${web.alias}: stopped (was running)`,
        `container ${name("prometheus")}: missing (was container ${Id.slice(0, 12)})`,
      ].sort(),
    );
    const plain = await stack.pulumi("up", "--yes", "--skip-preview");
    expectRefusal(plain, `the container ${name("prometheus")} is missing`, "`pulumi up --refresh`");
    const output = await mends();
    expect(output).toContain(`missing and made again: ${name("prometheus")}`);
    expect(output).toContain(`removing ${stack.name}-stray`);
    await expect(stray.inspect()).rejects.toThrow(/no such container/i);
    await expectOneRelease(stack, 3);
  });

  it("a part that was stopped starts again", async () => {
    const { Id } = await outside.inspect("prometheus");
    await engine.getContainer(Id).stop();
    expect(await drift()).toEqual([`container ${name("prometheus")}: state stopped (was state running)`]);
    await mends();
    expect((await outside.inspect("prometheus")).Id).toBe(Id);
  });
});

describe("a config file on a volume", () => {
  it("that was edited is named and written again, and the switch runs with it", async () => {
    const volume = name("switch-config");
    const { Id } = await outside.inspect("switch");
    const before = await runner.get(Id, "/usr/local/etc/haproxy/haproxy.cfg");
    await overwrite(volume, "haproxy.cfg", `${before}\n# by hand\n`);
    expect(await drift()).toEqual([`file haproxy.cfg on volume ${volume}: changed by hand (was as it was written)`]);
    await mends();
    expect((await outside.inspect("switch")).Id).not.toBe(Id);
    await outside.healthy();
  });
});

describe("networks and volumes", () => {
  it("a strange container on the private network is named with the command that takes it off", async () => {
    const { Image } = await outside.inspect("prometheus");
    const strange = await engine.createContainer({
      name: `${stack.name}-strange`,
      Image,
      Entrypoint: ["sleep", "600"],
      HostConfig: { NetworkMode: name("private") },
    });
    try {
      await strange.start();
      const found = await stack.slipway("drift");
      expect(found.code).toBe(2);
      expect(found.output).toContain(`is: the container ${stack.name}-strange, which is not the stack's, is on it`);
      expect(found.output).toContain(
        `mend: docker network disconnect --force ${name("private")} ${stack.name}-strange`,
      );
      await engine.getNetwork(name("private")).disconnect({ Container: strange.id, Force: true });
      expect(await drift()).toEqual([]);
    } finally {
      await strange.remove({ force: true });
    }
  });

  it("a private network that a hand made anew with a way out is made again without one", async () => {
    const private_ = engine.getNetwork(name("private"));
    const { Id, Containers } = await private_.inspect();
    for (const container of Object.keys(Containers ?? {}))
      await private_.disconnect({ Container: container, Force: true });
    await private_.remove();
    const made = await engine.createNetwork({ Name: name("private") });
    const found = await drift();
    expect(found).toContain(
      `network ${name("private")}: replaced by hand: network ${made.id.slice(0, 12)}, with a way out (was network ${Id.slice(0, 12)}, internal)`,
    );
    await mends();
    expect((await engine.getNetwork(name("private")).inspect()).Internal).toBe(true);
    await outside.healthy();
  });

  it("a config volume that went is made again with what was on it", async () => {
    const { Id } = await outside.inspect("prometheus");
    await engine.getContainer(Id).remove({ force: true });
    await engine.getVolume(name("prometheus-config")).remove();
    expect(await drift()).toContain(`volume ${name("prometheus-config")}: missing (was there)`);
    await mends();
    await eventually("prometheus scrapes", async () =>
      (await outside.query("up")).some(({ value }) => value[1] === "1") ? true : undefined,
    );
  });
});

describe("a data volume", () => {
  it("that is gone is never made anew silently: up refuses with the way to begin empty", async () => {
    const volume = name("prometheus-data");
    const { Id } = await outside.inspect("prometheus");
    await engine.getContainer(Id).remove({ force: true });
    await engine.getVolume(volume).remove();
    expect(await drift()).toContain(`volume ${volume}: missing (was there, with data)`);
    const refused = await stack.slipway("start");
    expectRefusal(refused, `the volume ${volume} is missing: its data are gone`);
    const [command = ""] = /docker volume create [^`]+/.exec(refused.output) ?? [];
    const [program = "", ...argv] = command.split(" ");
    expectSuccess(await run(program, argv));
    await mends();
  });
});

describe("a lock of another machine", () => {
  it("is named with its holder and the command, which clears it", async () => {
    const folder = join(stack.state, "slipway/stacks/.pulumi/locks/organization/slipway", stack.name);
    await mkdir(folder, { recursive: true });
    const lock = { pid: 4711, username: "ann", hostname: "elsewhere", timestamp: "2026-01-01T00:00:00Z" };
    await writeFile(join(folder, "0f8fad5b-d9cb-469f-a165-70867728950e.json"), JSON.stringify(lock));
    const refused = await stack.slipway("start");
    expectRefusal(refused, /is being changed by ann@elsewhere \(process 4711, since 2026-01-01T00:00:00Z\)/);
    expectRefusal(refused, `pulumi cancel --yes ${stack.name}`);
    // The look needs no lock.
    expect(await drift()).toEqual([]);
    const cancelled = await stack.pulumi("cancel", "--yes");
    expectSuccess(cancelled);
    await mends();
  });
});

describe("the database's schema", () => {
  it("that was changed by hand is named, refused, and accepted by its print alone", async () => {
    await ordersSql(outside, "CREATE INDEX by_hand ON orders (quantity)");
    const found = await stack.slipway("drift");
    expect(found.code, found.output).toBe(2);
    expect(found.output).toMatch(/is: new: index CREATE INDEX by_hand ON public\.orders USING btree \(quantity\)/);
    const print = /slipway:rollout\.acceptSchema ([0-9a-f]{16})/.exec(found.output)?.[1] ?? "";
    const refused = await stack.slipway("start");
    expectRefusal(refused, /changed by hand at revision 0002_note/, "by_hand", print);
    expect((await journalOf(stack)).open).toBeUndefined();
    await stack.set(["slipway:rollout", "acceptSchema"], print);
    await mends();
    await ordersSql(outside, "ALTER TABLE orders ADD COLUMN also_by_hand text");
    expect(await drift()).toEqual([expect.stringContaining("new: column public.orders.also_by_hand text")]);
    expectRefusal(await stack.slipway("start"), "also_by_hand");
    await ordersSql(outside, "ALTER TABLE orders DROP COLUMN also_by_hand");
    await mends();
  });
});
