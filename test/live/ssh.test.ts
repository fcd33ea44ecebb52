/** A whole stack on a Docker host that is reached by ssh alone, over a real sshd, by commands that have no engine's socket. */
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { parseSshUrl } from "../../toolchain/ssh/address.ts";
import { tunnelFolder } from "../../toolchain/ssh/folder.ts";
import { eventually, Outside } from "./support/host.ts";
import { expectNoChanges, expectOneRelease, expectRefusal, expectSuccess, serving } from "./support/release.ts";
import { RemoteHost } from "./support/remote.ts";
import { run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

let remote: RemoteHost;
let stack: TestStack;
let outside: Outside;
let url: string;

beforeAll(async () => {
  remote = await RemoteHost.start();
  url = remote.url("deploy");
  stack = await TestStack.make();
  await stack.set(["slipway:host"], url);
  stack.through = remote.through;
  stack.variables = { DOCKER_HOST: "" };
  outside = new Outside(stack);
});
afterAll(async () => {
  remote?.know("its own");
  await stack?.destroy();
  await remote?.remove();
});

it("its commands reach no engine by themselves", async () => {
  const [command = "", ...args] = remote.through;
  const asked = await run(command, [...args, "docker", "version"], { DOCKER_HOST: "" });
  expect(asked.code, asked.output).not.toBe(0);
  expect(asked.output).toMatch(/Cannot connect to the Docker daemon/);
});

it.each([
  [
    "nothing",
    "deploy",
    /the host's key is not known to this user.*\n.*\n {2}ssh -p \d+ deploy@127\.0\.0\.1 {3}and answer yes/,
  ],
  [
    "another",
    "deploy",
    /the host shows another key than the one this user knows.*\n.*\n {2}ssh-keygen -R '\[127\.0\.0\.1\]:\d+'/,
  ],
  [
    "its own",
    "guest",
    /its user may not use the Docker engine at \/var\/run\/docker\.sock\.\n.*\n {2}sudo usermod -aG docker guest/,
  ],
] as const)("a host of which %s is known, as %s: refused in words, nothing is made", async (key, user, words) => {
  remote.know(key);
  await stack.set(["slipway:host"], remote.url(user));
  expectRefusal(await stack.slipway("start"), words);
  expect(await outside.leftovers()).toEqual([]);
  await stack.set(["slipway:host"], url);
});

it("from nothing to healthy, the ports of the host looked at there", async () => {
  remote.know("its own");
  const held = createServer().listen(stack.port, "127.0.0.1");
  expectRefusal(
    await stack.slipway("start"),
    new RegExp(`port ${stack.port} of the host is held by a process of that host`),
  );
  await new Promise((resolve) => held.close(resolve));
  expectSuccess(await stack.slipway("start"));
  await outside.healthy();
  await expectOneRelease(stack, 1);
});

it("a second preview finds nothing to do, after the connection was lost as well, and by whatever names the host", async () => {
  await expectNoChanges(stack);
  await remote.disconnect();
  await expectNoChanges(stack);
  await stack.set(["slipway:host"], undefined);
  stack.variables = { DOCKER_HOST: url };
  await expectNoChanges(stack);
  stack.variables = { DOCKER_HOST: "" };
  await stack.set(["slipway:host"], url);
});

it("commands at once make one connection", async () => {
  await remote.disconnect();
  await eventually("nobody is connected", async () => ((await remote.connections()) === 0 ? true : undefined));
  const asked = await Promise.all([1, 2, 3].map(() => stack.slipway("url")));
  for (const each of asked) expectSuccess(each);
  expect(new Set(asked.map(({ stdout }) => stdout))).toEqual(new Set([`https://tmws.localhost:${stack.port}\n`]));
  expect(await remote.connections()).toBe(1);
});

it("a user to whom the constant path does not belong has another, and finds nothing to do either", async () => {
  await remote.disconnect();
  const release = remote.taken(url);
  await expectNoChanges(stack);
  await remote.disconnect();
  release();
  await expectNoChanges(stack);
});

it("the state has the ssh URL in every step, and no path of this machine", async () => {
  const exported = await stack.pulumi("stack", "export");
  const { deployment } = stateShape.parse(JSON.parse(exported.stdout));
  const hosts = deployment.resources.flatMap(({ type, inputs }) =>
    type.startsWith("pulumi-nodejs:dynamic/slipway:steps:") && inputs?.host !== undefined ? [inputs.host] : [],
  );
  expect(hosts.length).toBeGreaterThan(5);
  expect(new Set(hosts)).toEqual(new Set([url]));
  // The provider's own address, where a provider keeps it (the one built from source does not).
  const addresses = [...exported.stdout.matchAll(/unix:\/\/[^"\s]*/g)].map(([address]) => address);
  const constant = /^unix:\/\/\/tmp\/slipway-ssh-[0-9a-f]{16}\/docker\.sock$/;
  expect(addresses.filter((address) => !constant.test(address))).toEqual([]);
});

it("plain pulumi on another engine is refused before any resource", async () => {
  const before = await outside.fingerprint();
  const script =
    'eval "$(node toolchain/slipway.mjs env --stack "$0")" && exec env DOCKER_HOST=unix:///elsewhere.sock "$@"';
  const [command = "", ...args] = remote.through;
  const preview = ["pulumi", "preview", "--stack", stack.name, "--non-interactive"];
  const plain = await run(command, [...args, "bash", "-c", script, stack.name, ...preview], stack.env);
  expectRefusal(plain, /this shell's DOCKER_HOST is unix:\/\/\/elsewhere\.sock/, /eval "\$\(npm run -s env -- --stack/);
  expect(await outside.fingerprint()).toEqual(before);
});

it("a release, after the connection was lost", async () => {
  const before = await serving(outside);
  await stack.set(["slipway:app", "apiKeyExpireDays"], 41);
  await remote.disconnect();
  expectSuccess(await stack.slipway("start"));
  await expectOneRelease(stack, 1);
  expect(await serving(outside)).not.toEqual(before);
  await expectNoChanges(stack);
});

it("plain pulumi destroy after the connection was lost: the provider had asked before steps made it again, and the same command ends it", async () => {
  const script =
    'eval "$(node toolchain/slipway.mjs env --stack "$1")"; ssh -F none -O exit -S "$2/control" -- gone; shift 2; "$@" || { echo once more; "$@"; }';
  const [command = "", ...args] = remote.through;
  const destroy = ["pulumi", "destroy", "--yes", "--skip-preview", "--exclude-protected", "--non-interactive"];
  const place = [stack.name, tunnelFolder(parseSshUrl(url))];
  const inShell = [...args, "bash", "-c", script, "destroy", ...place, ...destroy, "--stack", stack.name];
  const destroyed = await run(command, inShell, stack.env);
  expectSuccess(destroyed);
  const [lost = "", again = ""] = destroyed.output.split("once more");
  expect(lost).toContain("Cannot connect to the Docker daemon at unix:///tmp/slipway-ssh-");
  expect(lost).toMatch(/slipway:steps:Rollout rollout deleted/);
  expect(again).not.toContain("error");
  expect(await outside.containers()).toEqual([]);
});

it("down by a fresh command, with the data, after the connection was lost", async () => {
  await remote.disconnect();
  expectSuccess(await stack.slipway("down", "--with-data"));
  expect(await outside.leftovers()).toEqual([]);
});

const stateShape = z.object({
  deployment: z.object({
    resources: z.array(
      z.object({ type: z.string(), inputs: z.object({ host: z.string().optional() }).loose().optional() }),
    ),
  }),
});
