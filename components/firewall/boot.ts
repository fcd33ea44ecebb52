import { resourceName } from "../container/spec.ts";
import { confirmedFile, firewallPart } from "./spec.ts";

export const bootUnit = "slipway-firewall.service";

/**
 * A unit of systemd that loads the confirmed rules of every stack before the host has a network, and so before Docker, which starts all containers
 * at once: until the one that holds the rules runs, what others published would be open. After nftables.service, whose file begins by flushing
 * everything. It needs `nft`, and root.
 * @param dataRoot where Docker keeps its data, e.g. /var/lib/docker
 */
export function bootUnitText(dataRoot: string): string {
  const confirmed = `${dataRoot}/volumes/${resourceName({ stack: "*", system: "" }, firewallPart)}/_data/${confirmedFile}`;
  // A table that stands is not loaded a second time: its rules would be there twice.
  const load = `table=$$(sed -n "s/^table inet \\\\(.*\\\\) {/\\\\1/p" "$$rules"); nft list table inet "$$table" >/dev/null 2>&1 || nft -f "$$rules" || failed=1`;
  return `[Unit]
Description=Firewall rules of Slipway's stacks, before the network and Docker
DefaultDependencies=no
RequiresMountsFor=${dataRoot}
After=local-fs.target nftables.service
Wants=network-pre.target
Before=network-pre.target docker.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'failed=0; for rules in ${confirmed}; do [ -f "$$rules" ] || continue; ${load}; done; exit $$failed'

[Install]
WantedBy=sysinit.target
`;
}
