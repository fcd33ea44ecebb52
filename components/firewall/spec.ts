import { type ContainerSpec, type Limits, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { tableOf } from "./rules.ts";

/** What holds the rules on a Docker host: a container on the host's network that may do nothing but NET_ADMIN. */
export interface FirewallSpec {
  readonly image: string;
  readonly limits: Limits;
}

/** The part's name, in labels and volumes. */
export const firewallPart = "firewall";
/** Of images/firewall. */
export const firewallCommand = "slipway-firewall";
/** Where it keeps the confirmed rules, and those that wait for their confirmation. */
export const firewallState = "/var/lib/slipway-firewall";
export const candidateFile = "candidate.nft";
/** The rules that were confirmed last; none before the first confirmation and after `remove`. */
export const confirmedFile = "rules.nft";
/** In which new rules must be confirmed; after it the former ones are back. */
export const confirmSeconds = 60;

/** Holds the host's confirmed rules: loads them again when they are gone, takes back those that nobody confirmed in time (images/firewall). */
export function firewallContainer(place: Place, spec: FirewallSpec): ContainerSpec {
  return {
    name: resourceName(place, firewallPart),
    image: spec.image,
    command: ["run"],
    env: { TABLE: tableOf(place.stack) },
    // The kernel takes rules from root alone; without another capability it can do nothing else with that.
    user: "0:0",
    mounts: [firewallMount(place)],
    tmpfs: ["/tmp"],
    network: "host",
    labels: labelsFor(place, firewallPart, "part"),
    limits: spec.limits,
    capabilities: ["NET_ADMIN"],
    health: {
      test: ["CMD", firewallCommand, "check"],
      intervalSeconds: 10,
      timeoutSeconds: 5,
      startPeriodSeconds: 30,
      retries: 3,
    },
    restart: "unless-stopped",
    stopGraceSeconds: 10,
  };
}

/** Rules outlive the container: it finds the confirmed ones there when it starts. */
export function firewallMount(place: Place) {
  return { volume: resourceName(place, firewallPart), path: firewallState };
}
