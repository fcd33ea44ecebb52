import { stringify } from "yaml";
import { bootUnit, bootUnitText } from "../firewall/boot.ts";
import { type AgentSpec, agentConfig, dataRoot } from "./agent.ts";
import { agentFile, daemonConfig, dockerUnit, prepareScript, sshdConfig, unattended } from "./files.ts";
import { hostUser } from "./way.ts";

/** What makes a bare Debian a Docker host of Slipway's. */
export interface HostSpec extends AgentSpec {
  /** Stands in the host's name. */
  readonly name: string;
  /** Public keys of those who may log in as `slipway`. */
  readonly sshKeys: readonly string[];
  /** The block device of the data volume, by a name that no other disk can get. */
  readonly dataDevice: string;
  /** URLs of AWS' two agents as Debian packages. */
  readonly packages: { readonly ssm: string; readonly cloudwatch: string };
}

export const prepareCommand = "/usr/local/sbin/slipway-prepare-host";

/** AWS' own buckets, of the host's region: by https, as AWS documents it for Debian. */
export function agentPackages(region: string): HostSpec["packages"] {
  return {
    ssm: `https://s3.${region}.amazonaws.com/amazon-ssm-${region}/latest/debian_amd64/amazon-ssm-agent.deb`,
    cloudwatch: `https://amazoncloudwatch-agent-${region}.s3.${region}.amazonaws.com/debian/amd64/latest/amazon-cloudwatch-agent.deb`,
  };
}

/** The name that udev gives a volume of EBS on Nitro. */
export function volumeDevice(volumeId: string): string {
  return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}

/** User data for cloud-init, which runs it at the first boot alone. No secret is in it: whoever may describe the instance reads it. */
export function cloudInit(spec: HostSpec): string {
  const { name, sshKeys, dataDevice, packages } = spec;
  const config = {
    hostname: name,
    users: [{ name: hostUser, gecos: "Slipway", shell: "/bin/bash", lock_passwd: true, ssh_authorized_keys: sshKeys }],
    disable_root: true,
    ssh_pwauth: false,
    // By our own script: as cloud-init's packages Docker would start before its volume is there.
    write_files: [
      file(prepareCommand, prepareScript(dataDevice, packages), "0755"),
      file("/etc/systemd/system/docker.service.d/slipway.conf", dockerUnit),
      file(`/etc/systemd/system/${bootUnit}`, bootUnitText(dataRoot)),
      file("/etc/docker/daemon.json", daemonConfig),
      file("/etc/ssh/sshd_config.d/10-slipway.conf", sshdConfig),
      file("/etc/apt/apt.conf.d/52slipway", unattended),
      file(agentFile, `${agentConfig(spec)}\n`),
    ],
    runcmd: [["systemctl", "try-reload-or-restart", "ssh"], [prepareCommand]],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}

function file(path: string, content: string, permissions = "0644") {
  return { path, permissions, owner: "root:root", content };
}
