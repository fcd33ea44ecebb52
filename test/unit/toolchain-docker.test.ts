import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dockerHost, foreignTunnel, ping } from "../../toolchain/docker-host.ts";
import { type DockerFacts, nextDockerStep } from "../../toolchain/docker-plan.ts";
import { localEnd } from "../../toolchain/ssh/folder.ts";

const url = "unix:///var/run/docker.sock";
const bare: DockerFacts = {
  host: { url, saidBy: undefined },
  answer: "silent",
  dockerd: undefined,
  root: true,
  apt: true,
  systemd: false,
};
const dockerd = "/usr/sbin/dockerd";
const installLine = "apt-get install -y docker.io iptables containerd runc";

test("an engine that answers is used", () => {
  expect(nextDockerStep({ ...bare, answer: "answers" })).toEqual({ kind: "use", url });
});

test("one that cannot be asked from here is believed", () => {
  const host = { url: "tcp://host:2376", saidBy: "DOCKER_HOST" };
  expect(nextDockerStep({ ...bare, host, answer: "unknown" })).toEqual({ kind: "use", url: "tcp://host:2376" });
});

test("root on Debian without Docker: installed, and said first", () => {
  expect(nextDockerStep(bare)).toEqual({
    kind: "install",
    said: `no Docker engine on this machine; installing it: ${installLine}`,
  });
});

test("installed and not running: started, by systemd where that is in charge", () => {
  const said = "the Docker engine does not run; starting it:";
  expect(nextDockerStep({ ...bare, dockerd })).toEqual({ kind: "start", with: "dockerd", said: `${said} dockerd` });
  expect(nextDockerStep({ ...bare, dockerd, systemd: true })).toEqual({
    kind: "start",
    with: "systemd",
    said: `${said} systemctl start docker`,
  });
});

test.each<[string, Partial<DockerFacts>, string, string]>([
  ["no root", { root: false }, "no Docker engine on this machine", `sudo ${installLine}`],
  ["no apt", { apt: false }, "no Docker engine on this machine", "https://docs.docker.com/engine/install/"],
  [
    "no root to start",
    { root: false, dockerd, systemd: true },
    "the Docker engine is installed but does not run",
    "sudo systemctl start docker",
  ],
  [
    "denied",
    { answer: "denied" },
    `this user may not use the Docker engine at ${url}`,
    "sudo usermod -aG docker $USER   and log in again",
  ],
  [
    "a chosen engine is never replaced by a local one",
    { host: { url: "tcp://10.0.0.5:2375", saidBy: 'docker context "lab"' } },
    'no Docker engine answers at tcp://10.0.0.5:2375 (docker context "lab"); start it there, or use this machine\'s own',
    "docker context use default",
  ],
  [
    "nor one that config names",
    { host: { url: "unix:///run/d.sock", saidBy: "slipway:host" } },
    "no Docker engine answers at unix:///run/d.sock (slipway:host); start it there, or use this machine's own",
    "pulumi config rm slipway:host",
  ],
])("%s: one error with the command that mends it", (_, facts, problem, mend) => {
  const error = `${problem}.\nMend it, then run the command again:\n  ${mend}`;
  expect(nextDockerStep({ ...bare, ...facts })).toEqual({ kind: "fail", error });
});

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "slipway-docker-"));
});
afterEach(() => rm(home, { recursive: true }));

async function withContext(name: string, host: string): Promise<void> {
  const folder = join(home, ".docker", "contexts", "meta", createHash("sha256").update(name).digest("hex"));
  await mkdir(folder, { recursive: true });
  await writeFile(join(home, ".docker", "config.json"), JSON.stringify({ currentContext: name }));
  await writeFile(join(folder, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
}

test("DOCKER_HOST, then the current context, then the default socket", async () => {
  expect(await dockerHost({ HOME: home })).toEqual({ url, saidBy: undefined });
  await withContext("lab", "ssh://lab");
  expect(await dockerHost({ HOME: home })).toEqual({ url: "ssh://lab", saidBy: 'docker context "lab"' });
  expect(await dockerHost({ HOME: home, DOCKER_CONTEXT: "default" })).toEqual({ url, saidBy: undefined });
  expect(await dockerHost({ HOME: home, DOCKER_HOST: "tcp://a:1" })).toEqual({
    url: "tcp://a:1",
    saidBy: "DOCKER_HOST",
  });
  await expect(dockerHost({ HOME: home, DOCKER_CONTEXT: "gone" })).rejects.toThrow(
    'docker\'s current context "gone" has no endpoint; see `docker context ls`, then e.g. `docker context use default`',
  );
});

test("what the stack's config names comes before all of them", async () => {
  await withContext("lab", "ssh://lab");
  expect(await dockerHost({ HOME: home, DOCKER_HOST: "tcp://a:1" }, "ssh://deploy@h")).toEqual({
    url: "ssh://deploy@h",
    saidBy: "slipway:host",
  });
});

test("in a shell with the variables of `npm run env` the host behind them holds, but never another stack's", async () => {
  const end = localEnd("ssh://deploy@h");
  expect(await dockerHost({ HOME: home, DOCKER_HOST: end, SLIPWAY_HOST: "ssh://deploy@h" })).toEqual({
    url: "ssh://deploy@h",
    saidBy: "DOCKER_HOST",
  });
  for (const asked of [{}, { SLIPWAY_HOST: "ssh://deploy@another" }])
    await expect(dockerHost({ HOME: home, DOCKER_HOST: end, ...asked })).rejects.toThrow(foreignTunnel(end));
});

test("a socket answers, an absent one is silent, ssh and TLS cannot be asked", async () => {
  const socket = join(home, "docker.sock");
  const server = createServer((_, response) => response.end("OK"));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  expect(await ping({ url: `unix://${socket}`, saidBy: undefined })).toBe("answers");
  await new Promise((resolve) => server.close(resolve));
  expect(await ping({ url: `unix://${socket}`, saidBy: undefined })).toBe("silent");
  expect(await ping({ url: "ssh://lab", saidBy: undefined })).toBe("unknown");
  expect(await ping({ url: "tcp://lab:2376", saidBy: undefined }, { DOCKER_TLS_VERIFY: "1" })).toBe("unknown");
});
