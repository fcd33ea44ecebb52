import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { bootUnit, bootUnitText } from "../../../components/firewall/boot.ts";
import { firewallContainer } from "../../../components/firewall/spec.ts";
import { agentPackages, cloudInit, prepareCommand } from "../../../components/machine/cloud-init.ts";

const text = bootUnitText("/var/lib/docker");

test("the rules are loaded from the volume that the container keeps them in", () => {
  const [mount] = firewallContainer(
    { stack: "blue", system: "tmws" },
    { image: "sha256:1", limits: { cpus: 1, memoryMb: 32, pids: 32 } },
  ).mounts;
  const pattern = /for rules in (\S+); do/.exec(text)?.[1] ?? "";
  expect(pattern).toBe("/var/lib/docker/volumes/slipway-*_firewall/_data/rules.nft");
  expect(mount?.volume).toMatch(new RegExp(`^${pattern.split("/").at(-3)?.replace("*", ".*")}$`));
});

test("before the network and Docker, after what flushes all rules", () => {
  expect(text).toContain("\nBefore=network-pre.target docker.service shutdown.target\n");
  expect(text).toContain("\nAfter=local-fs.target nftables.service\n");
  expect(text).toContain("\nRequiresMountsFor=/var/lib/docker\n");
});

test("a host on AWS is prepared with it, and it is enabled before Docker runs for the first time", () => {
  const config: { write_files: { path: string; content: string }[] } = parse(
    cloudInit({
      name: "slipway-production",
      namespace: "Slipway/production",
      logGroup: "/slipway/production",
      sshKeys: [],
      dataDevice: "/dev/sdf",
      packages: agentPackages("eu-central-1"),
    }),
  );
  const content = (path: string) => config.write_files.find((file) => file.path === path)?.content ?? "";
  expect(content(`/etc/systemd/system/${bootUnit}`)).toBe(text);
  const script = content(prepareCommand);
  expect(script).toContain(`systemctl enable ${bootUnit}\nsystemctl enable --now docker\n`);
});

test("other hosts get the same text from the page about hosts", () => {
  expect(readFileSync(new URL("../../../docs/hosts.md", import.meta.url), "utf8")).toContain(text);
});
