import { bootUnit } from "../firewall/boot.ts";
import { quote } from "../steps/shell.ts";
import { dataRoot } from "./agent.ts";

/** Files of a host, as cloud-init writes them before anything else. */

/**
 * The data volume, which may hold data of the host before this one: only a disk without any signature is formatted. EBS attaches after the
 * boot has begun, so it is waited for; a host without it must not come up with Docker on its root disk.
 */
export function prepareScript(device: string, packages: { readonly ssm: string; readonly cloudwatch: string }): string {
  return `#!/bin/bash
# Written by Slipway. Safe to run again.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
device=${quote(device)}
for _ in $(seq 300); do [ -b "$device" ] && break; sleep 1; done
[ -b "$device" ] || { echo "slipway: the data volume $device did not come within five minutes" >&2; exit 1; }
if [ -z "$(blkid -p -s TYPE -o value "$device" || true)" ] && [ -z "$(wipefs --noheadings "$device")" ]; then
  mkfs.ext4 -q -L slipway-data "$device"
fi
uuid=$(blkid -p -s UUID -o value "$device")
mkdir -p ${dataRoot}
grep -q "^UUID=$uuid " /etc/fstab || echo "UUID=$uuid ${dataRoot} ext4 defaults,nofail,x-systemd.device-timeout=300 0 2" >> /etc/fstab
systemctl daemon-reload
mountpoint -q ${dataRoot} || mount ${dataRoot}
# The volume may have grown since.
resize2fs "$device"
apt-get -q update
apt-get -q -y --no-install-recommends install docker.io iptables nftables ca-certificates curl openssh-server unattended-upgrades
usermod -aG docker slipway
# From the next boot on: there are no rules yet.
systemctl enable ${bootUnit}
systemctl enable --now docker
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl -fsS --retry 5 -o "$work/ssm.deb" ${quote(packages.ssm)}
curl -fsS --retry 5 -o "$work/cloudwatch.deb" ${quote(packages.cloudwatch)}
dpkg -i "$work/ssm.deb" "$work/cloudwatch.deb"
systemctl enable --now amazon-ssm-agent
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:${agentFile}
touch ${readyFile}
`;
}

export const agentFile = "/etc/slipway/cloudwatch-agent.json";
/** There when the host is whole. */
export const readyFile = "/var/lib/slipway-ready";

/** Docker never starts beside the volume, after a restart either. */
export const dockerUnit = `[Unit]
RequiresMountsFor=${dataRoot}
AssertPathIsMountPoint=${dataRoot}
`;

/** Containers keep running while the engine is upgraded; what prints without end fills no disk. */
export const daemonConfig = `${JSON.stringify(
  {
    "data-root": dataRoot,
    "live-restore": true,
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
  },
  undefined,
  2,
)}\n`;

/** Keys alone, no root; AllowStreamLocalForwarding is how Slipway reaches Docker's socket. */
export const sshdConfig = `PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowUsers slipway
X11Forwarding no
AllowTcpForwarding local
AllowStreamLocalForwarding yes
`;

/** Security updates by night; Docker's restart leaves containers running, a new kernel waits for a restart that people choose. */
export const unattended = `APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=\${distro_codename},label=Debian-Security"; };
Unattended-Upgrade::Automatic-Reboot "false";
`;
