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
export async function withAbleFirewall(engine: Docker, settings: Settings): Promise<Settings> {
  if (!settings.firewall.enabled) return settings;
  const why = firewallObstacle(await engine.info());
  if (why === undefined) return settings;
  const without = `pulumi config set --path slipway:firewall.enabled false --stack ${settings.stack}`;
  if (settings.environment !== "local")
    throw new pulumi.RunError(
      `slipway:firewall.enabled is true, but ${why}; allowed: false there, or a Linux host with Docker as root. Mend: ${without}${settings.environment === "production" ? ", with firewall.off as the reason" : ""}`,
    );
  pulumi.log.warn(`no firewall: ${why}. To be without it on purpose: ${without}`);
  return { ...settings, firewall: { ...settings.firewall, enabled: false } };
}

/** Why the network of the engine's containers is not the machine's that others reach; undefined when it is. */
export function firewallObstacle({ OperatingSystem, SecurityOptions = [] }: EngineFacts): string | undefined {
  if (/docker desktop/i.test(OperatingSystem))
    return "Docker Desktop keeps its containers in a virtual machine, whose rules would not be this machine's";
  if (SecurityOptions.some((each) => each.startsWith("name=rootless")))
    return "this Docker runs without root, which the kernel wants for rules";
  return undefined;
}
