import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alarmsOf } from "../../../components/alerts/cloudwatch.ts";
import { hostAlerts } from "../../../components/alerts/host.ts";
import { everybody } from "../../../components/firewall/exposure.ts";
import { ingressOf } from "../../../components/firewall/security-group.ts";
import { agentConfig, agentMetrics } from "../../../components/machine/agent.ts";
import { agentPackages, cloudInit, volumeDevice } from "../../../components/machine/cloud-init.ts";
import { subnetOf } from "../../../components/vpc/spec.ts";

const spec = {
  name: "slipway-production",
  namespace: "Slipway/production",
  logGroup: "/slipway/production",
  sshKeys: ["ssh-ed25519 AAAA deploy@acme.dev"],
  dataDevice: volumeDevice("vol-0123456789abcdef0"),
  packages: agentPackages("eu-central-1"),
};

describe("the first boot", () => {
  const text = cloudInit(spec);
  const config: {
    users: { name: string; ssh_authorized_keys: string[] }[];
    write_files: { path: string; content: string }[];
  } = parse(text);
  const content = (path: string) => config.write_files.find((file) => file.path === path)?.content ?? "";

  test("is cloud-config that a YAML reader reads back, below EC2's 16 KB", () => {
    expect(text.startsWith("#cloud-config\n")).toBe(true);
    expect(config.users).toMatchObject([{ name: "slipway", ssh_authorized_keys: spec.sshKeys }]);
    expect(Buffer.byteLength(text)).toBeLessThan(16_384);
  });

  test("waits for the one volume by its own id, and formats an empty one alone", () => {
    const script = content("/usr/local/sbin/slipway-prepare-host");
    expect(script).toContain("device='/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0'");
    expect(script.indexOf("blkid")).toBeLessThan(script.indexOf("mkfs.ext4"));
    expect(script.indexOf("mount /var/lib/docker")).toBeLessThan(script.indexOf("docker.io"));
    expect(script).toContain(
      "'https://s3.eu-central-1.amazonaws.com/amazon-ssm-eu-central-1/latest/debian_amd64/amazon-ssm-agent.deb'",
    );
  });

  test("lets in keys alone", () => {
    const sshd = content("/etc/ssh/sshd_config.d/10-slipway.conf");
    expect(sshd).toContain("PasswordAuthentication no\n");
    expect(sshd).toContain("PermitRootLogin no\n");
  });
});

test("the agent sends the metrics that alarms are about, under the same names", () => {
  const config = agentConfig(spec);
  expect(JSON.parse(config)).toMatchObject({
    metrics: { namespace: "Slipway/production", append_dimensions: { InstanceId: `\${aws:InstanceId}` } },
  });
  const own = alarmsOf("Slipway/production", "/var/lib/docker").filter(
    ({ namespace }) => namespace === "Slipway/production",
  );
  expect(new Set(own.map(({ metricName }) => metricName))).toEqual(new Set(Object.values(agentMetrics)));
});

test("alarms have the alerts' own limits and times", () => {
  const limit = (name: string) =>
    Number(/[<>] ([\d.]+)$/.exec(hostAlerts.find((alert) => alert.name === name)?.expr ?? "")?.[1]);
  const seconds = (name: string) => hostAlerts.find((alert) => alert.name === name)?.forSeconds;
  const alarms = alarmsOf("n", "/d");
  const of = (name: string) => alarms.find((alarm) => alarm.name === name);
  for (const name of ["HostCpuHigh", "HostMemoryHigh", "HostMemoryCritical"])
    expect(of(name)?.threshold).toBe(limit(name) * 100);
  expect(of("DiskLow")?.threshold).toBeCloseTo(100 - limit("DiskLow") * 100);
  for (const name of ["HostCpuHigh", "HostMemoryHigh", "HostMemoryCritical", "DiskLow"])
    expect((of(name)?.period ?? 0) * (of(name)?.evaluationPeriods ?? 0)).toBe(seconds(name));
});

test("a security group has a rule for each network, and none for ssh", () => {
  const open = [
    { port: 443, protocol: "tcp" as const, sources: everybody, reason: "the edge: https" },
    { port: 22, protocol: "tcp" as const, sources: everybody, reason: "ssh" },
    { port: 3001, protocol: "tcp" as const, sources: ["203.0.113.0/24"], reason: 'it\'s "raw" TCP' },
  ];
  expect(ingressOf({ open, inside: [] }, 22)).toEqual([
    {
      name: "tcp-443-from-0-0-0-0-0",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      description: "the edge: https",
      cidrIpv4: "0.0.0.0/0",
    },
    {
      name: "tcp-443-from--0",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      description: "the edge: https",
      cidrIpv6: "::/0",
    },
    {
      name: "tcp-3001-from-203-0-113-0-24",
      ipProtocol: "tcp",
      fromPort: 3001,
      toPort: 3001,
      description: "its raw TCP",
      cidrIpv4: "203.0.113.0/24",
    },
  ]);
});

test("the subnet is within the network", () => {
  expect(subnetOf("10.20.0.0/16")).toBe("10.20.1.0/24");
  expect(() => subnetOf("10.20.0.0/24")).toThrow("10.20.0.0/24 is no network of /16");
});
