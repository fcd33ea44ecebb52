import { getAmi } from "@pulumi/aws/ec2/getAmi.js";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import type { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { sshConfig, sshUrl } from "../../components/machine/way.ts";
import type { Settings } from "../config/settings.ts";
import { AwsHost } from "../platforms/aws/host.ts";
import { regionOf } from "../platforms/aws/provider.ts";
import type { System } from "../systems/system.ts";

/** Shape host: the machine and what belongs to it. Answers the project's outputs. */
export async function hostOutputs(stack: string, settings: Settings, system: System, provider: Provider) {
  const { accountId: account } = await getCallerIdentity({}, { provider });
  // Debian's own account, as wiki.debian.org/Cloud/AmazonEC2Image names it.
  const debian = await getAmi(
    { owners: ["136693071363"], mostRecent: true, filters: [{ name: "name", values: ["debian-13-amd64-*"] }] },
    { provider },
  );
  const made = new AwsHost({ stack, settings, system, account, ami: debian.id, provider });
  const { copies, machine, registry } = made;
  return {
    host: sshUrl(stack),
    ssh: machine.instance.apply((id) => sshConfig(stack, regionOf(settings), id)),
    address: machine.address,
    instance: machine.instance,
    repository: registry.url,
    /** What `slipway:offsite` takes; empty without a bucket. */
    copies: copies === undefined ? "" : { url: copies.url, keyId: copies.keyId },
    copiesKey: copies === undefined ? "" : pulumi.secret(copies.key),
  };
}
