import { BlockList, isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import type { Settings } from "../config/settings.ts";

/** What the engine says of itself that decides whether its host's firewall is ours to set. */
export interface EngineFacts {
  readonly OperatingSystem: string;
  readonly SecurityOptions?: readonly string[];
}

/**
 * The settings as this host can have them: a laptop whose engine is in a virtual machine or without root goes without the firewall and is told so,
 * anything stricter is refused.
 */
export async function withAbleFirewall(engine: Docker, address: string, settings: Settings): Promise<Settings> {
  if (!settings.firewall.enabled) return settings;
  const why = firewallObstacle(await engine.info());
  if (why === undefined) {
    const shut = address.startsWith("unix:") ? shutOut(settings, process.env["SSH_CONNECTION"]) : undefined;
    if (shut !== undefined) throw new pulumi.RunError(shut);
    return settings;
  }
  const without = `pulumi config set --path slipway:firewall.enabled false --stack ${settings.stack}`;
  if (settings.environment !== "local")
    throw new pulumi.RunError(
      `slipway:firewall.enabled is true, but ${why}; allowed: false there, or a Linux host with Docker as root. Mend: ${without}${settings.environment === "production" ? ", with firewall.off as the reason" : ""}`,
    );
  pulumi.log.warn(`no firewall: ${why}. To be without it on purpose: ${without}`);
  return { ...settings, firewall: { ...settings.firewall, enabled: false } };
}

/**
 * Why whoever works on the host itself by ssh could not come again: there no new connection is made to confirm the rules. Pure.
 * @param connection SSH_CONNECTION: client's address and port, the host's address and port
 */
export function shutOut(
  { firewall: { ssh, allow }, stack }: Pick<Settings, "firewall" | "stack">,
  connection: string | undefined,
): string | undefined {
  const [client, , , port] = connection?.split(" ") ?? [];
  if (client === undefined || port === undefined) return undefined;
  const open = [ssh, ...Object.values(allow)].filter((each) => String(each.port) === port);
  if (open.some(({ sources }) => includes(sources, client))) return undefined;
  const mend =
    open.length === 0
      ? `pulumi config set --path slipway:firewall.ssh.port ${port} --stack ${stack}`
      : `pulumi config set --path 'slipway:firewall.ssh.sources[0]' ${client}/${isIPv4(client) ? 32 : 128} --stack ${stack}`;
  return `slipway:firewall would shut you out: you came to this host by ssh from ${client} on port ${port}, which is ${open.length === 0 ? "not open" : "open to others alone"}. Mend: ${mend}`;
}

function includes(networks: readonly string[], address: string): boolean {
  const list = new BlockList();
  const family = (one: string) => (isIPv4(one) ? "ipv4" : "ipv6");
  for (const network of networks) {
    const [base = "", prefix] = network.split("/");
    list.addSubnet(base, Number(prefix), family(base));
  }
  return list.check(address, family(address));
}

/** Why the network of the engine's containers is not the machine's that others reach; undefined when it is. */
export function firewallObstacle({ OperatingSystem, SecurityOptions = [] }: EngineFacts): string | undefined {
  if (/docker desktop/i.test(OperatingSystem))
    return "Docker Desktop keeps its containers in a virtual machine, whose rules would not be this machine's";
  if (SecurityOptions.some((each) => each.startsWith("name=rootless")))
    return "this Docker runs without root, which the kernel wants for rules";
  return undefined;
}
