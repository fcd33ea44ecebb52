import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { StepResource } from "../steps/resource.ts";
import { volume } from "../volumes/docker.ts";
import type { Exposure } from "./exposure.ts";
import { rulesOf } from "./rules.ts";
import { type FirewallSpec, firewallContainer, firewallPart } from "./spec.ts";

export interface FirewallArgs {
  readonly host: DockerHost;
  readonly spec: FirewallSpec;
  readonly exposure: Exposure;
  /** Id of the network from which containers may reach what `exposure.inside` names. */
  readonly egress: pulumi.Input<string> | undefined;
  /** What preflight found other than the rules; empty when nothing. */
  readonly deviation: string;
}

/** The firewall of a Docker host, this stack's share of it: what is not opened by one of the host's stacks is denied. */
export class Firewall extends pulumi.ComponentResource {
  /** The rules stand. */
  readonly stands: StepResource;

  constructor(name: string, args: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Firewall", name, {}, opts);
    const { host, spec, exposure, deviation } = args;
    const parent = { parent: this };
    const state = volume(host, firewallPart, parent);
    const container = new Part(host, name, firewallContainer(host.place, spec), { ...parent, dependsOn: state });
    this.stands = new StepResource(
      { module: "firewall/step.ts", type: "Firewall" },
      `${name}-rules`,
      { ...host, container: container.id, image: spec.image, exposure, rules: rulesFor(args), deviation },
      [],
      parent,
    );
    this.registerOutputs({});
  }
}

/** Known in the first preview too, but where Docker is still to name the bridge. */
function rulesFor({ host: { place }, exposure, egress }: FirewallArgs): pulumi.Input<string> {
  if (exposure.inside.length === 0) return rulesOf(place.stack, exposure);
  if (egress === undefined) throw new Error("containers reach a port of the host only by a network with a way out");
  return pulumi.output(egress).apply((id) => rulesOf(place.stack, exposure, bridgeOf(id)));
}

/** Docker's own rule, for networks that name none. */
function bridgeOf(network: string): string {
  return `br-${network.slice(0, 12)}`;
}
