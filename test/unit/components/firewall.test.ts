import { describe, expect, test } from "vitest";
import { firewallDeviation } from "../../../components/firewall/ask.ts";
import { everybody, exposureOf } from "../../../components/firewall/exposure.ts";
import { rulesOf, tableOf } from "../../../components/firewall/rules.ts";
import { firewallContainer } from "../../../components/firewall/spec.ts";
import type { Runner } from "../../../components/steps/runner.ts";
import { systemExposure } from "../../../infra/platforms/docker/firewall.ts";
import { firewallObstacle, shutOut } from "../../../infra/preflight/firewall.ts";
import { localSettings, productionSettings } from "../../fixtures/settings.ts";

const nothing = {
  edge: [],
  ssh: { port: 22, sources: [] },
  tcp: { ports: [], sources: [] },
  allow: {},
  nativeOllama: undefined,
};

describe("what a stack opens", () => {
  test("is nothing where nothing is asked for", () => {
    expect(exposureOf(nothing)).toEqual({ open: [], inside: [] });
  });

  test("is the edge, ssh, raw TCP and what config adds, in this order", () => {
    const exposed = {
      edge: [
        { port: 443, reason: "https" },
        { port: 0, reason: "no redirect" },
      ],
      ssh: { port: 2222, sources: ["203.0.113.0/24"] },
      tcp: { ports: [3001], sources: ["198.51.100.0/24", "127.0.0.0/8"] },
      allow: { vpn: { port: 51820, protocol: "udp" as const, sources: [...everybody], reason: "the office's way in" } },
      nativeOllama: 11434,
    };
    expect(exposureOf(exposed)).toEqual({
      open: [
        { port: 443, protocol: "tcp", sources: ["0.0.0.0/0", "::/0"], reason: "https" },
        { port: 2222, protocol: "tcp", sources: ["203.0.113.0/24"], reason: "ssh" },
        { port: 3001, protocol: "tcp", sources: ["198.51.100.0/24"], reason: "raw TCP" },
        { port: 51820, protocol: "udp", sources: ["0.0.0.0/0", "::/0"], reason: "the office's way in" },
      ],
      inside: [{ port: 11434, protocol: "tcp", reason: "Ollama on the host" }],
    });
  });

  test("has no port that only the loopback may reach", () => {
    expect(exposureOf({ ...nothing, tcp: { ports: [3001], sources: ["127.0.0.0/8"] } }).open).toEqual([]);
  });
});

describe("a system's exposure", () => {
  const web = { routes: [{ host: "tmws.example.org", alias: "app", port: 8000 }], tcp: [] };
  const ports = (...args: Parameters<typeof systemExposure>) => systemExposure(...args).open.map(({ port }) => port);

  test("in production: https, http for the redirect and the CA, ssh", () => {
    expect(ports(web, productionSettings)).toEqual([443, 80, 22]);
  });

  test("on local the edge listens on the loopback alone", () => {
    expect(ports(web, localSettings)).toEqual([22]);
  });

  test("without https no port of an edge", () => {
    expect(ports({ ...web, routes: [] }, productionSettings)).toEqual([22]);
  });

  test("raw TCP only where config publishes it, to the networks of its allow-list", () => {
    const system = { ...web, routes: [], tcp: [{ listen: 3001, alias: "mcp", port: 8080 }] };
    expect(ports(system, productionSettings)).toEqual([22]);
    const tcp = { ...productionSettings.tcp, public: true, allow: ["203.0.113.0/24"] };
    expect(systemExposure(system, { ...productionSettings, tcp }).open[1]).toEqual({
      port: 3001,
      protocol: "tcp",
      sources: ["203.0.113.0/24"],
      reason: "raw TCP",
    });
  });

  test("a native Ollama's own port, for containers alone", () => {
    const model = { name: "e5", dimensions: 1024 };
    const system = { ...web, ollama: { mode: "native" as const, model } };
    const settings = { ...productionSettings, ollama: { ...productionSettings.ollama, port: 11500 } };
    expect(systemExposure(system, settings).inside).toEqual([
      { port: 11500, protocol: "tcp", reason: "Ollama on the host" },
    ]);
    expect(ports(system, settings)).not.toContain(11500);
  });
});

describe("the rules", () => {
  const open = [
    { port: 443, protocol: "tcp" as const, sources: everybody, reason: "https" },
    { port: 22, protocol: "tcp" as const, sources: ["203.0.113.0/24", "2001:db8::/32"], reason: "ssh" },
  ];

  test("are one table of the stack's own: marks first, then the denial, then the mark goes", () => {
    expect(rulesOf("blue", { open, inside: [] })).toBe(`table inet slipway_blue {
	chain open {
		meta l4proto tcp ct original proto-dst 443 meta nfproto ipv4 meta mark set meta mark | 0x10000000
		meta l4proto tcp ct original proto-dst 443 meta nfproto ipv6 meta mark set meta mark | 0x10000000
		meta l4proto tcp ct original proto-dst 22 ip saddr 203.0.113.0/24 meta mark set meta mark | 0x10000000
		meta l4proto tcp ct original proto-dst 22 ip6 saddr 2001:db8::/32 meta mark set meta mark | 0x10000000
	}
	chain mark_input {
		type filter hook input priority -12; policy accept;
		ct state new jump open
	}
	chain mark_forward {
		type filter hook forward priority -12; policy accept;
		ct state new jump open
	}
	chain input {
		type filter hook input priority -11; policy accept;
		ct state established,related accept
		iif "lo" accept
		meta mark & 0x10000000 == 0x10000000 accept
		icmp type echo-request accept
		icmpv6 type { echo-request, mld-listener-query, nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
		udp sport 67 udp dport 68 accept
		ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
		drop
	}
	chain forward {
		type filter hook forward priority -11; policy accept;
		ct state established,related accept
		meta mark & 0x10000000 == 0x10000000 accept
		ct status dnat drop
		iifname "docker0" accept
		iifname "br-*" accept
		oifname "docker0" drop
		oifname "br-*" drop
	}
	chain clear_input {
		type filter hook input priority -10; policy accept;
		meta mark set meta mark & 0xefffffff
	}
	chain clear_forward {
		type filter hook forward priority -10; policy accept;
		meta mark set meta mark & 0xefffffff
	}
}
`);
  });

  test("let containers reach a port of the host by their own bridge alone", () => {
    const inside = [{ port: 11434, protocol: "tcp" as const, reason: "Ollama" }];
    expect(rulesOf("blue", { open: [], inside }, "br-0123456789ab")).toContain(
      '\t\tiifname "br-0123456789ab" tcp dport 11434 meta mark set meta mark | 0x10000000\n',
    );
  });

  test("are of another table for each stack", () => {
    expect(new Set(["a", "a-b", "b"].map(tableOf)).size).toBe(3);
  });
});

test("the container may do nothing but rules", () => {
  const limits = { cpus: 0.25, memoryMb: 32, pids: 32 };
  const spec = firewallContainer({ stack: "blue", system: "tmws" }, { image: "sha256:firewall", limits });
  expect(spec).toMatchObject({
    name: "slipway-blue_firewall",
    network: "host",
    capabilities: ["NET_ADMIN"],
    env: { TABLE: "slipway_blue" },
    mounts: [{ volume: "slipway-blue_firewall", path: "/var/lib/slipway-firewall" }],
    restart: "unless-stopped",
    health: { test: ["CMD", "slipway-firewall", "check"] },
  });
});

describe("what is asked of the container that holds the rules", () => {
  const asked = (state: "running" | "stopped", exitCode: number, output: string) => {
    const container = { id: "c1", name: "slipway-blue_firewall", labels: {}, state, image: "sha256:firewall" };
    // Only these two are asked.
    const runner = { list: async () => [container], exec: async () => ({ exitCode, output }) } as unknown as Runner;
    return firewallDeviation(runner, "blue");
  };

  test("nothing is other", async () => {
    expect(await asked("running", 0, "")).toEqual([]);
  });

  test("each rule that is other is a line", async () => {
    expect(await asked("running", 1, "missing: drop\nadded: tcp dport 80 accept\n")).toEqual([
      "missing: drop",
      "added: tcp dport 80 accept",
    ]);
    expect(await asked("running", 1, "slipway-firewall: the table inet slipway_blue is missing\n")).toEqual([
      "the table inet slipway_blue is missing",
    ]);
  });

  test("one that does not run is a container's matter", async () => {
    expect(await asked("stopped", 1, "never asked")).toEqual([]);
  });
});

test("which engines' hosts are not ours to wall", () => {
  expect(firewallObstacle({ OperatingSystem: "Debian GNU/Linux 13 (trixie)" })).toBeUndefined();
  expect(firewallObstacle({ OperatingSystem: "Docker Desktop" })).toMatch(/virtual machine/);
  const rootless = { OperatingSystem: "Ubuntu 24.04", SecurityOptions: ["name=seccomp", "name=rootless"] };
  expect(firewallObstacle(rootless)).toMatch(/without root/);
});

describe("who works on the host itself by ssh", () => {
  const walled = (ssh: { port: number; sources: readonly string[] }) => ({
    stack: "blue",
    firewall: { ...localSettings.firewall, enabled: true, ssh },
  });

  test("comes again by an open port, or did not come by ssh", () => {
    expect(shutOut(walled({ port: 22, sources: everybody }), "198.51.100.7 51000 192.0.2.1 22")).toBeUndefined();
    expect(shutOut(walled({ port: 22, sources: everybody }), "2001:db8::7 51000 2001:db8::1 22")).toBeUndefined();
    expect(shutOut(walled({ port: 2222, sources: [] }), undefined)).toBeUndefined();
  });

  test("is told before rules shut the door", () => {
    expect(shutOut(walled({ port: 22, sources: everybody }), "198.51.100.7 51000 192.0.2.1 2022")).toBe(
      "slipway:firewall would shut you out: you came to this host by ssh from 198.51.100.7 on port 2022, which is not open. " +
        "Mend: pulumi config set --path slipway:firewall.ssh.port 2022 --stack blue",
    );
    expect(shutOut(walled({ port: 22, sources: ["203.0.113.0/24"] }), "198.51.100.7 51000 192.0.2.1 22")).toMatch(
      /open to others alone\. Mend: pulumi config set --path 'slipway:firewall\.ssh\.sources\[0\]' 198\.51\.100\.7\/32 --stack blue$/,
    );
  });
});
