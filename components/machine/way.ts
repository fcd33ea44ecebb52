/** How Slipway reaches a host on AWS: ordinary ssh, whose connection is a session of Systems Manager. No port is open for it. */

/** The user that Slipway comes as; in the group `docker`, which is as much as root. */
export const hostUser = "slipway";

/** The host in ~/.ssh/config and by its own word; not the instance's name, so that a new instance is the same host. */
export function hostName(stack: string): string {
  return `slipway-${stack}`;
}

/** `slipway:host`. */
export function sshUrl(stack: string): string {
  return `ssh://${hostUser}@${hostName(stack)}`;
}

/** For ~/.ssh/config, on each machine that runs Slipway for this stack: it needs the AWS CLI with its Session Manager plugin, and rights to the instance. */
export function sshConfig(stack: string, region: string, instance: string): string {
  return `Host ${hostName(stack)}
  HostName ${instance}
  User ${hostUser}
  ServerAliveInterval 30
  ProxyCommand aws ssm start-session --region ${region} --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p
`;
}
