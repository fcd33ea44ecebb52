/**
 * The firewall on a server as users have one: beside a real ufw, on iptables-nft and iptables-legacy, and over a reboot, in which every rule of the
 * kernel's is lost. Seen from another machine.
 */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { bootUnit, bootUnitText } from "../../components/firewall/boot.ts";
import { tableOf } from "../../components/firewall/rules.ts";
import { dataRoot } from "../../components/machine/agent.ts";
import { daemonConfig, dockerUnit } from "../../components/machine/files.ts";
import { engineClient } from "../../components/steps/docker-runner.ts";
import { BASE_IMAGE } from "../../infra/images/base-image.ts";
import { resolveApplication, resolvePart } from "../../infra/images/resolve.ts";
import { Client } from "./support/client.ts";
import { engine, eventually, Outside } from "./support/host.ts";
import { Outsider } from "./support/outsider.ts";
import { answeredFor, type Probed, probed } from "./support/probed.ts";
import { tmwsProduct } from "./support/product.ts";
import { expectSuccess } from "./support/release.ts";
import { must } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";
import { UfwHost } from "./support/ufw-host.ts";
import { guard } from "./support/walls.ts";

/** Before anything is loaded: whatever asks for the engine here gets that of the host under test. */
const { folder, machine } = vi.hoisted(() => {
  const { tmpdir } = process.getBuiltinModule("node:os");
  const own = `${tmpdir()}/slipway-ufw-engine-${process.pid}`;
  const before = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  process.env["DOCKER_HOST"] = `unix://${own}/docker.sock`;
  return { folder: own, machine: before };
});

/** Somebody's forgotten process, and a container that somebody published. */
const holes = { process: 9999, published: 8090 } as const;

let host: UfwHost;
let outsider: Outsider;
let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  const ownEngine = engineClient(machine);
  const parts = ["redis", "prometheus", "haproxy", "caddy", "curl", "firewall"] as const;
  const named = await Promise.all(parts.map(async (part) => (await resolvePart(ownEngine, part, "debian")).name));
  const app = await resolveApplication(ownEngine, "tmws", { build: { context: "test/workloads/tmws" } }, "debian");
  host = await UfwHost.start(machine, folder);
  outsider = await Outsider.on(host.network, machine);
  const script = 'set -o pipefail; from=$1; shift; docker -H "$from" save "$@" | docker load';
  await must(["bash", "-c", script, "load", machine, BASE_IMAGE, app.name, ...named]);
  const published = ["-p", `${holes.published}:9090`, "--restart", "unless-stopped"];
  await must(["docker", "run", "--detach", "--name", "test-seen", ...published, named[1] ?? ""]);
  await ufw("default", "deny", "incoming");
  await ufw("allow", "22/tcp");
  await ufw("--force", "enable");
  stack = await TestStack.make();
  stack.address = host.address;
  stack.through = host.through;
  stack.variables = { DOCKER_HOST: "" };
  await guard(stack, host.url);
  await stack.set(["slipway:edge"], { domain: stack.domain, httpsPort: stack.port, tls: { mode: "internal" } });
  outside = new Outside(stack);
});
afterAll(async () => {
  await stack?.destroy();
  await outsider?.remove();
  await host?.remove();
});

const ufw = (...words: readonly string[]) => host.inside("ufw", ...words);

/** All that ufw is: its files, what it says, its rules in the kernel and where they are called. Docker's own chains come and go with networks. */
async function ufwWhole(): Promise<string> {
  const files = await host.inside("sh", "-c", "cat /etc/default/ufw /etc/ufw/*.rules /etc/ufw/ufw.conf");
  const saved = (await host.inside("iptables-save")) + (await host.inside("ip6tables-save"));
  const rules = saved.split("\n").filter((line) => line.includes("ufw") || /^:(INPUT|FORWARD) /.test(line));
  const counted = rules.map((line) => line.replace(/\[\d+:\d+\]/, ""));
  return [files, await ufw("status", "verbose"), ...counted].join("\n");
}

/** The stack's rules in the kernel. */
const table = () => host.inside("nft", "--stateless", "list", "table", "inet", tableOf(stack.name));

const open = async () =>
  outsider.openPorts(host.address, [22, stack.port, holes.process, holes.published].sort((a, b) => a - b).join());
const ours = () => [22, stack.port].sort((a, b) => a - b);

/** A reboot, watched from outside until the product answers there and all is healthy by itself. */
async function rebooted(): Promise<Probed> {
  const before = await table();
  const product = await tmwsProduct(outside);
  const client = await Client.start(stack, product);
  const { acknowledged } = await client.stop();
  const found = await probed(outsider, host.address, [stack.port, holes.published, holes.process], async () => {
    await host.reboot();
    await host.booted();
    await eventually("the product answers by itself", async () => {
      const reply = await outside.https("GET", "/health");
      return reply.status === 200 ? true : undefined;
    });
    await eventually("the container that is published runs again", async () => {
      const { State } = await engine.getContainer("test-seen").inspect();
      return State.Running ? true : undefined;
    });
    await eventually("the rules stand", async () => ((await table()) === before ? true : undefined));
  });
  expect(await open()).toEqual(ours());
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(await product.rows()).toEqual(expect.arrayContaining([...acknowledged]));
  await eventually("status calls it healthy", async () => {
    const { code, output } = await stack.slipway("status");
    if (code !== 0) throw new Error(output);
    return true;
  });
  return found;
}

function tell(what: string, found: Probed): void {
  const times = Object.keys(found.answered).map((port) => `${port}: ${answeredFor(found, Number(port)) ?? "never"}`);
  console.log(
    `  ${what}: asked ${found.asked} times; answered from the first time to the last, ms: ${times.join(", ")}`,
  );
}

it("ufw alone closes the process, and leaves open what Docker publishes", async () => {
  await eventually("that container answers", async () => ((await open()).includes(holes.published) ? true : undefined));
  expect(await open()).toEqual([22, holes.published]);
});

it("beside ufw that is closed too; ufw is letter by letter what it was, and what it closes of ours is told", async () => {
  const before = await ufwWhole();
  const started = await stack.slipway("start");
  expectSuccess(started);
  expect(started.output).toContain("another firewall closes it");
  expect(started.output).toContain(`sudo ufw allow ${stack.port}/tcp`);
  expect(await open()).toEqual([22]);
  expect(await ufwWhole()).toBe(before);
});

it("opened in ufw as told, users come in, and nothing more is told", async () => {
  await ufw("allow", `${stack.port}/tcp`);
  expect(await open()).toEqual(ours());
  const again = await stack.slipway("start");
  expectSuccess(again);
  expect(again.output).not.toContain("another firewall");
});

it("ufw reloaded, switched off and on: our rules stand all the while, and ufw is whole again", async () => {
  const [before, rules] = [await ufwWhole(), await table()];
  for (const words of [["reload"], ["disable"], ["--force", "enable"]]) {
    await ufw(...words);
    expect(await table()).toBe(rules);
    expect(await open()).toEqual(ours());
  }
  expect(await ufwWhole()).toBe(before);
});

it("after a reboot all is as it was without a hand; until the rules stand, what they close is open", async () => {
  // Else ufw closes the process, as it should.
  await ufw("disable");
  const found = await rebooted();
  tell("without the unit", found);
  // So the prober sees a gap where there is one.
  expect(answeredFor(found, holes.process)).toBeGreaterThan(0);
});

it("on a prepared host nothing that they close answers for a moment of a reboot", async () => {
  await host.write(`/etc/systemd/system/${bootUnit}`, bootUnitText(dataRoot));
  await host.write("/etc/systemd/system/docker.service.d/slipway.conf", dockerUnit);
  await host.write("/etc/docker/daemon.json", daemonConfig);
  await host.inside("systemctl", "enable", bootUnit);
  const found = await rebooted();
  tell("with the unit", found);
  expect(found.answered[holes.process]).toEqual([]);
  expect(found.answered[holes.published]).toEqual([]);
  expect(found.answered[stack.port]?.length).toBeGreaterThan(0);
  expect(await host.inside("systemctl", "is-active", bootUnit)).toBe("active\n");
  // Started once more it changes nothing.
  const before = await table();
  await host.inside("systemctl", "restart", bootUnit);
  expect(await table()).toBe(before);
});

it("where Docker and ufw are on iptables-legacy the rules hold as well", async () => {
  for (const name of ["iptables", "ip6tables"])
    await host.inside("update-alternatives", "--set", name, `/usr/sbin/${name}-legacy`);
  const found = await rebooted();
  tell("on iptables-legacy, with the unit", found);
  expect([found.answered[holes.process], found.answered[holes.published]]).toEqual([[], []]);
  expect(await host.inside("iptables-legacy", "-S", "FORWARD")).toContain("-A FORWARD -j DOCKER-USER");
  expect(await host.inside("sh", "-c", "iptables-nft -S 2>/dev/null")).not.toContain("DOCKER");
  await ufw("--force", "enable");
  expect(await host.inside("iptables-legacy", "-S", "INPUT")).toContain("ufw-before-input");
  expect(await open()).toEqual(ours());
  await ufw("delete", "allow", `${stack.port}/tcp`);
  expect(await open()).toEqual([22]);
});

it("taken away, it leaves ufw and Docker as they were", async () => {
  const before = await ufwWhole();
  expectSuccess(await stack.slipway("down"));
  expect(await ufwWhole()).toBe(before);
  expect(await open()).toEqual([22, holes.published]);
});
