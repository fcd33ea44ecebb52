import { createHash } from "node:crypto";

/** A Docker host behind OpenSSH, as its URL names it. */
export interface SshAddress {
  /** The URL in its one spelling. */
  readonly url: string;
  /** Undefined: the one of ~/.ssh/config, else this user's own name. */
  readonly user: string | undefined;
  /** A host of ~/.ssh/config, a host name or an IP address. */
  readonly host: string;
  readonly port: number | undefined;
  /** Where the engine listens on that host. */
  readonly socket: string;
}

/** What a URL may be, for error texts. */
const sshForms = "ssh://user@host, ssh://user@host:port, ssh://user@host/path/of/docker.sock";
export const hostForms = `${sshForms}, or unix:///path`;

const defaultSocket = "/var/run/docker.sock";

/** No part may begin like an option of ssh's, and no path may hold what parts the ends of a forwarding. */
const form =
  /^ssh:\/\/(?:([A-Za-z0-9_][\w.-]*)@)?(\w[\w.-]*|\[[0-9A-Fa-f:.]+\])(?::([1-9]\d{0,4}))?(\/[\w./-]*\w)?\/?$/;

/** Whether a Docker host is meant to be reached by ssh, well formed or not; `parseSshUrl` judges the form. */
export function isSsh(url: string): boolean {
  return url.startsWith("ssh:");
}

/** Undefined for what is no ssh URL that Slipway takes; a password in it is one of those. */
export function readSshUrl(url: string): SshAddress | undefined {
  const [, user, host, port, socket = defaultSocket] = form.exec(url) ?? [];
  if (host === undefined || Number(port ?? 1) > 65_535) return undefined;
  const path = socket === defaultSocket ? "" : socket;
  return {
    url: `ssh://${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}${path}`,
    user,
    host: host.replace(/^\[|\]$/g, ""),
    port: port === undefined ? undefined : Number(port),
    socket,
  };
}

/** Whether a stack may name its host so. Not by tcp://, which lets in whoever reaches the port; DOCKER_HOST may, for a host that is apart. */
export function isHost(url: string): boolean {
  return readSshUrl(url) !== undefined || /^unix:\/\/\/[\w./-]*\w$/.test(url);
}

/** @throws Error in words for the user */
export function parseSshUrl(url: string): SshAddress {
  const address = readSshUrl(url);
  if (address !== undefined) return address;
  // What stands before the @ may hold a password.
  throw new Error(`${url.replace(/\/\/.*@/, "//***@")} is no Docker host by ssh; allowed are ${sshForms}`);
}

/**
 * Where this end of the connection lies: below /tmp and named after the URL alone, because Pulumi's state keeps the provider's address, and a
 * path of this machine or user would be a change on every other one. The second is for whoever finds the first to be another user's.
 */
export function tunnelFolders({ url }: SshAddress, uid: number): readonly [string, string] {
  const first = `/tmp/slipway-ssh-${createHash("sha256").update(url).digest("hex").slice(0, 16)}`;
  return [first, `${first}-${uid}`];
}

/** The socket of this end, in its folder. */
export function tunnelSocket(folder: string): string {
  return `${folder}/docker.sock`;
}

/** Whether an engine's address is this end of some such connection. */
export function isTunnel(address: string): boolean {
  return /^unix:\/\/\/tmp\/slipway-ssh-[0-9a-f]{16}(?:-\d+)?\/docker\.sock$/.test(address);
}
