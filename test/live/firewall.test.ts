/**
 * The firewall, seen from another machine: a Docker host in a network namespace of its own, reached by ssh alone, with one cable to an outsider
 * who scans it. The rules of the machine that runs this test are never touched.
 */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { rulesOf, tableOf } from "../../components/firewall/rules.ts";
import { engineClient } from "../../components/steps/docker-runner.ts";
import { BASE_IMAGE } from "../../infra/images/base-image.ts";
import { resolveApplication, resolvePart } from "../../infra/images/resolve.ts";
import { eventually, Outside } from "./support/host.ts";
import { killTree } from "./support/kill.ts";
import { hostAddress, Outsider } from "./support/outsider.ts";
import { PrivateEngine } from "./support/private-engine.ts";
import { expectNoChanges, expectRefusal, expectSuccess } from "./support/release.ts";
import { must, run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";
import { WalledHost } from "./support/walled.ts";
import { guard } from "./support/walls.ts";

/** Before anything is loaded: whatever asks for the engine here gets the private one. */
const { folder, machine } = vi.hoisted(() => {
  const { tmpdir } = process.getBuiltinModule("node:os");
  const own = `${tmpdir()}/slipway-engine-${process.pid}`;
  const before = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  process.env["DOCKER_HOST"] = `unix://${own}/docker.sock`;
  return { folder: own, machine: before };
});

/** Deliberate holes: a process of the host's, and containers that publish a port to all and to the host alone. */
const control = { process: 9999, udp: 9998, published: 8090, loopback: 8091 } as const;
const ours = [22, 80, 443];
const { ipv4, ipv6 } = hostAddress;

/** What a hand adds to a rule to open a port. */
const marked = ["meta", "mark", "set", "meta", "mark", "|", "0x10000000"];

let engine: PrivateEngine;
let outsider: Outsider;
let host: WalledHost;
let stack: TestStack;
let outside: Outside;
/** The address of a container that is published on the host's loopback. */
let inner: string;

beforeAll(async () => {
  const ownEngine = engineClient(machine);
  const parts = ["redis", "prometheus", "haproxy", "caddy", "curl", "firewall"] as const;
  const named = await Promise.all(parts.map(async (part) => (await resolvePart(ownEngine, part, "debian")).name));
  const app = await resolveApplication(ownEngine, "tmws", { build: { context: "test/workloads/tmws" } }, "debian");
  const sshd = await WalledHost.image(ownEngine);
  engine = await PrivateEngine.start(folder);
  await engine.load(machine, [BASE_IMAGE, app.name, sshd, ...named]);
  outsider = await Outsider.beside(engine, machine);
  host = await WalledHost.start(folder, engineClient(`unix://${folder}/docker.sock`), outsider, sshd);
  await host.listen(engine.inside, control.process, control.udp);
  const prometheus = named[1] ?? "";
  await publish("seen", prometheus, `${control.published}:9090`);
  await publish("hidden", prometheus, `127.0.0.1:${control.loopback}:9090`);
  const inspected = await engineClient(`unix://${folder}/docker.sock`).getContainer("test-hidden").inspect();
  inner = inspected.NetworkSettings.Networks["bridge"]?.IPAddress ?? "";
  await outsider.route(`${inner}/32`);
  stack = await TestStack.make();
  stack.through = host.through;
  stack.variables = { DOCKER_HOST: "" };
  outside = new Outside(stack);
  await guard(stack, host.url);
  // Not yet.
  await stack.set(["slipway:firewall"], { enabled: false, off: "the outsider looks before it" });
  await stack.set(["slipway:edge"], { domain: stack.domain, httpsPort: 443, httpPort: 80, tls: { mode: "internal" } });
});
afterAll(async () => {
  await stack?.destroy();
  await host?.remove();
  await outsider?.remove();
  await engine?.remove();
});

async function publish(name: string, image: string, ports: string): Promise<void> {
  await must([
    "docker",
    "run",
    "--detach",
    "--restart",
    "unless-stopped",
    "--name",
    `test-${name}`,
    "-p",
    ports,
    image,
  ]);
}

/** The stack's table, as text; empty when there is none. Asked in the container, which has `nft`. */
async function table(): Promise<string> {
  const { Id } = await outside.inspect("firewall");
  const listed = await run("docker", ["exec", Id, "nft", "--stateless", "list", "table", "inet", tableOf(stack.name)]);
  return listed.code === 0 ? listed.stdout : "";
}

async function nft(...args: readonly string[]): Promise<void> {
  await outside.exec("firewall", "nft", ...args);
}

/** What is open by IPv4 and by IPv6. @param more ports that should be, beside ours */
const scanned = async (...more: readonly number[]) => [
  await outsider.openPorts(ipv4, undefined, [...ours, ...more]),
  await outsider.openPorts(ipv6, undefined, [...ours, ...more]),
];
/** The control port by the container's own address, by which a neighbour may come as well. */
const innerOpen = () => outsider.openPorts(inner, "9090");
const answers = () => outsider.answeringUdp(ipv4, `53,67,68,80,123,443,546,${control.udp},11434`);

it("without the firewall the outsider sees what somebody left open, by every way", async () => {
  const open = [22, control.published, control.process];
  await eventually(
    "the control ports are open",
    async () => {
      const found = await scanned(control.published, control.process);
      return JSON.stringify(found) === JSON.stringify([open, open]) ? true : undefined;
    },
    300,
  );
  await eventually("so is the container's own", async () => (await innerOpen()).includes(9090) || undefined, 300);
  await eventually("UDP is answered", async () => (await answers()).includes(control.udp) || undefined, 300);
});

it("with it: exactly our own ports, of all 65,535, IPv4 and IPv6; no UDP; not by a container's own address either", async () => {
  await stack.set(["slipway:firewall"], { enabled: true });
  expectSuccess(await stack.slipway("start"));
  expect(await scanned()).toEqual([ours, ours]);
  expect(await answers()).toEqual([]);
  expect(await innerOpen()).toEqual([]);
  const health = ["curl", "-sk", "--resolve", `${stack.domain}:443:${ipv4}`, `https://${stack.domain}/health`];
  expect(await must([...outsider.inside, ...health])).toContain("healthy");
  await expectNoChanges(stack);
});

it("a container reaches no port of the host, not even from its internal network", async () => {
  const { NetworkSettings } = await outside.inspect("app");
  const [network] = Object.values(NetworkSettings.Networks);
  const asked = (address: string | undefined) =>
    outside.exec("app", "bash", "-c", `timeout 3 bash -c '</dev/tcp/${address}/${control.process}' && echo in`);
  await expect(asked(network?.Gateway)).rejects.toThrow();
  await nft("insert", "rule", "inet", tableOf(stack.name), "open", "tcp", "dport", `${control.process}`, ...marked);
  expect(await asked(network?.Gateway)).toBe("in");
  await nft("delete", "table", "inet", tableOf(stack.name));
  await eventually("the rules are loaded again", async () => ((await table()) !== "" ? true : undefined));
});

it("during a release nothing else is seen for a moment", async () => {
  await stack.set(["slipway:app", "apiKeyExpireDays"], 41);
  const release = stack.begin("start");
  let ended = false;
  const end = release.done.finally(() => {
    ended = true;
  });
  let scans = 0;
  while (!ended) {
    for (const open of await scanned()) expect(open).toEqual(ours);
    scans += 1;
  }
  console.log(`  ${scans} whole scans during the release`);
  expectSuccess(await end);
});

it("a restart of Docker takes nothing away, and opens nothing while the containers are gone", async () => {
  const before = await table();
  let restarted = false;
  const restart = engine.restart().finally(() => {
    restarted = true;
  });
  while (!restarted)
    for (const open of await scanned()) expect(open.filter((port) => !ours.includes(port))).toEqual([]);
  await restart;
  await eventually(
    "our ports are back",
    async () => (JSON.stringify(await scanned()) === JSON.stringify([ours, ours]) ? true : undefined),
    300,
  );
  expect(await table()).toBe(before);
});

it("after a reboot, which leaves no rules, the container loads them by itself", async () => {
  const before = await table();
  const { Id, Image } = await outside.inspect("firewall");
  await must(["docker", "stop", Id]);
  const once = ["docker", "run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN", "--entrypoint", "nft", Image];
  await must([...once, "delete", "table", "inet", tableOf(stack.name)]);
  expect(await outsider.openPorts(ipv4, `${control.process}`)).toEqual([control.process]);
  await must(["docker", "start", Id]);
  await eventually("the rules are back", async () => ((await table()) === before ? true : undefined));
  expect(await outsider.openPorts(ipv4, `${control.process}`)).toEqual([]);
});

it("a rule that a hand changed is named by drift, and put right by the next up", async () => {
  const before = await table();
  await nft("insert", "rule", "inet", tableOf(stack.name), "open", "tcp", "dport", `${control.process}`, ...marked);
  expect(await outsider.openPorts(ipv4, `${control.process}`)).toEqual([control.process]);
  const drift = await stack.slipway("drift");
  expect(drift.code, drift.output).toBe(2);
  expect(drift.output).toContain(`firewall table inet ${tableOf(stack.name)}`);
  expect(drift.output).toMatch(/is: added: tcp dport 9999/);
  expectSuccess(await stack.slipway("start"));
  expect(await table()).toBe(before);
  expect((await stack.slipway("drift")).code).toBe(0);
});

it("rules that cut the operator off fail in words, and are gone again", async () => {
  const before = await table();
  await stack.set(["slipway:firewall", "ssh"], { port: 2222 });
  expectRefusal(
    await stack.slipway("start"),
    "under the new firewall rules no new connection to the host could be made, so the former rules are back",
    "pulumi config set --path slipway:firewall.ssh.port 22",
  );
  expect(await table()).toBe(before);
  expect(await host.connects()).toBe(true);
});

it("and by themselves, byte by byte, when the client is killed: a new ssh connects within 70 s", async () => {
  const before = await table();
  const up = stack.begin("start");
  await eventually("the new rules are in force", async () => ((await table()) !== before ? true : undefined), 120);
  await killTree(up.child.pid ?? 0);
  const since = Date.now();
  expect(await host.connects()).toBe(false);
  await eventually("a new ssh connects", async () => ((await host.connects()) ? true : undefined), 70);
  console.log(`  a new ssh connected ${Math.round((Date.now() - since) / 1000)} s after the kill`);
  expect(Date.now() - since).toBeLessThan(70_000);
  expect(await table()).toBe(before);
  await stack.set(["slipway:firewall", "ssh"], undefined);
  expectSuccess(await stack.slipway("start"));
});

it("what another stack of the host opens stays open, and what it closes is not ours", async () => {
  const open = [{ port: control.process, protocol: "tcp" as const, sources: ["0.0.0.0/0"], reason: "the other's" }];
  const text = rulesOf("other", { open, inside: [] });
  await outside.exec("firewall", "sh", "-c", `printf '%s' '${text.replaceAll("'", "'\\''")}' | nft -f -`);
  expect(await scanned(control.process)).toEqual([[...ours, control.process], ours]);
  await nft("delete", "table", "inet", tableOf("other"));
  expect(await scanned()).toEqual([ours, ours]);
});

it("config opens a port to those it names, which the preview tells, and down takes all rules away", async () => {
  const allow = { port: control.published, sources: ["198.51.100.0/24"], reason: "a neighbour who may" };
  await stack.set(["slipway:firewall", "allow"], { control: allow });
  const preview = await stack.slipway("preview", "--diff");
  expect(preview.output).toContain(`proto-dst ${control.published} ip saddr 198.51.100.0/24`);
  expectSuccess(await stack.slipway("start"));
  expect(await scanned(control.published)).toEqual([[...ours, control.published], ours]);
  expectSuccess(await stack.slipway("down"));
  expect(await outsider.openPorts(ipv4, `22,${control.process}`)).toEqual([22, control.process]);
});
