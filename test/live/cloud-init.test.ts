/** The text that an EC2 instance boots with, executed by the real cloud-init on a real Debian: afterwards it is a Docker host as Slipway wants one. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootUnit } from "../../components/firewall/boot.ts";
import { agentConfig } from "../../components/machine/agent.ts";
import { prepareCommand } from "../../components/machine/cloud-init.ts";
import { engineClient } from "../../components/steps/docker-runner.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { CloudHost } from "./support/cloud-host.ts";
import { engine, eventually } from "./support/host.ts";
import { run } from "./support/run.ts";

describe("a host that has booted", () => {
  let host: CloudHost;
  let way: ChildProcess | undefined;
  beforeAll(async () => {
    host = await CloudHost.boot();
    const said = await host.settled();
    expect(said, await host.inside("cat", "/var/log/cloud-init-output.log")).toMatch(/^status: done/m);
  });
  afterAll(async () => {
    way?.kill();
    await host?.remove();
  });

  test("is whole, and says so", async () => {
    expect(await host.inside("stat", "-c", "%F", "/var/lib/slipway-ready")).toBe("regular empty file\n");
    expect(await host.inside("systemctl", "is-active", "docker", "ssh", "amazon-ssm-agent")).toBe(
      "active\nactive\nactive\n",
    );
    expect(await host.inside("hostname")).toBe("slipway-test\n");
  });

  test("keeps Docker's data on the data volume, which no restart leaves out", async () => {
    expect(await host.inside("findmnt", "-no", "SOURCE,FSTYPE", "/var/lib/docker")).toMatch(
      /^\/dev\/slipway-data\s+ext4\n$/,
    );
    const uuid = (await host.inside("blkid", "-p", "-s", "UUID", "-o", "value", "/dev/slipway-data")).trim();
    expect(await host.inside("cat", "/etc/fstab")).toContain(`UUID=${uuid} /var/lib/docker ext4`);
    const unit = await host.inside("systemctl", "show", "docker", "-p", "RequiresMountsFor");
    expect(unit).toContain("/var/lib/docker");
  });

  test("loads the firewall's rules from its next boot on, before network and Docker", async () => {
    expect(await host.inside("systemctl", "is-enabled", bootUnit)).toBe("enabled\n");
    const before = await host.inside("systemctl", "show", bootUnit, "-p", "Before");
    for (const unit of ["network-pre.target", "docker.service"]) expect(before).toContain(unit);
    expect(await host.inside("sh", "-c", `systemd-analyze verify ${bootUnit} 2>&1 | grep -i cycle || true`)).toBe("");
  });

  test("lets in nobody else: no password, no root", async () => {
    const settings = await host.inside("sshd", "-T");
    for (const line of [
      "passwordauthentication no",
      "kbdinteractiveauthentication no",
      "permitrootlogin no",
      "allowusers slipway",
    ])
      expect(settings).toContain(`${line}\n`);
    const ssh = await host.ssh();
    const root = await run("ssh", [...ssh.slice(0, -1), (ssh.at(-1) ?? "").replace("slipway@", "root@"), "true"]);
    expect(root.output).toContain("Permission denied");
  });

  test("has handed the agent its config", async () => {
    expect(await host.inside("cat", "/var/lib/amazon-cloudwatch-agent-double")).toBe(
      "-a\nfetch-config\n-m\nec2\n-s\n-c\nfile:/etc/slipway/cloudwatch-agent.json\n",
    );
    const config = await host.inside("cat", "/etc/slipway/cloudwatch-agent.json");
    expect(config.trim()).toBe(agentConfig({ namespace: "Slipway/test", logGroup: "/slipway/test" }));
  });

  test("prepared once more keeps what is on the volume", async () => {
    await host.inside("touch", "/var/lib/docker/a-mark");
    await host.inside(prepareCommand);
    expect(await host.inside("stat", "-c", "%F", "/var/lib/docker/a-mark")).toBe("regular empty file\n");
    expect((await host.inside("grep", "-c", "/var/lib/docker", "/etc/fstab")).trim()).toBe("1");
  });

  // Last: once the inner engine has cgroups below it, the outer one can put no process beside them (docker exec).
  test("runs containers for whoever comes by ssh with the key, on Docker's socket, as Slipway comes", async () => {
    const { name } = await resolvePart(engine, "curl", "debian");
    const ssh = await host.ssh();
    way = spawn("ssh", ["-N", "-L", `${host.socket}:/var/run/docker.sock`, ...ssh], { stdio: "ignore" });
    await eventually("the socket's other end is here", async () => (existsSync(host.socket) ? true : undefined));
    await host.load(name);
    const there = engineClient(`unix://${host.socket}`);
    const { Driver, LiveRestoreEnabled, DockerRootDir } = await there.info();
    expect({ Driver, LiveRestoreEnabled, DockerRootDir }).toEqual({
      Driver: "overlay2",
      LiveRestoreEnabled: true,
      DockerRootDir: "/var/lib/docker",
    });
    const container = await there.createContainer({ Image: name, Entrypoint: ["curl"], Cmd: ["--version"] });
    await container.start();
    expect(await container.wait()).toEqual({ StatusCode: 0 });
  });
});

describe("a host whose agents cannot be had", () => {
  let host: CloudHost;
  beforeAll(async () => {
    host = await CloudHost.boot({ packages: { ssm: "file:///nowhere.deb", cloudwatch: "file:///nowhere.deb" } });
  });
  afterAll(() => host?.remove());

  test("is not called ready", async () => {
    expect(await host.settled()).toMatch(/^status: error/m);
    expect(await host.inside("sh", "-c", "test -e /var/lib/slipway-ready || echo not ready")).toBe("not ready\n");
  });
});
