import { hostUser } from "../../components/machine/cloud-init.ts";

/** How Slipway reaches a host on AWS: ordinary ssh, whose connection is a session of Systems Manager. No port is open for it. */

/** `slipway:host`. The name of ~/.ssh/config and not the instance's, so that a new instance is the same host. */
export function sshUrl(stack: string): string {
  return `ssh://${hostUser}@slipway-${stack}`;
}

/** For ~/.ssh/config, on each machine that runs Slipway for this stack: it needs the AWS CLI with its Session Manager plugin, and rights to the instance. */
export function sshConfig(stack: string, region: string, instance: string): string {
  return `Host slipway-${stack}
  HostName ${instance}
  User ${hostUser}
  ServerAliveInterval 30
  ProxyCommand aws ssm start-session --region ${region} --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p
`;
}
