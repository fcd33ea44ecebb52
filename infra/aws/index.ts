/**
 * The host of a stack on AWS, in a Pulumi project and a state of its own: the other program looks at its Docker host before it makes anything, so the
 * host must be there by then, and an update of a product must never be able to replace the machine below it. Both read the same stack file.
 */
import { getAmi } from "@pulumi/aws/ec2/getAmi.js";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import { sshConfig, sshUrl } from "../../components/machine/way.ts";
import { loadHostSettings } from "../config/load.ts";
import { AwsHost } from "../platforms/aws.ts";
import { providerOf, regionOf } from "../platforms/aws-provider.ts";
import { systemOf } from "../systems/index.ts";
import { loadOwnSystem } from "../systems/own.ts";

const own = await loadOwnSystem();
const settings = loadHostSettings(own?.options);
const system = own === undefined ? systemOf(settings) : own.system(settings);
const stack = pulumi.getStack();
const region = regionOf(settings);
const provider = providerOf(stack, system.name, settings);
const { accountId: account } = await getCallerIdentity({}, { provider });
// Debian's own account, as wiki.debian.org/Cloud/AmazonEC2Image names it.
const debian = await getAmi(
  {
    owners: ["136693071363"],
    mostRecent: true,
    filters: [{ name: "name", values: ["debian-13-amd64-*"] }],
  },
  { provider },
);
const made = new AwsHost({ stack, settings, system, account, ami: debian.id, provider });

export const host = sshUrl(stack);
export const ssh = made.machine.instance.apply((id) => sshConfig(stack, region, id));
export const address = made.machine.address;
export const instance = made.machine.instance;
export const repository = made.registry.url;
/** What `slipway:offsite` takes; empty without a bucket. */
export const copies = made.copies === undefined ? "" : { url: made.copies.url, keyId: made.copies.keyId };
export const copiesKey = made.copies === undefined ? "" : pulumi.secret(made.copies.key);
