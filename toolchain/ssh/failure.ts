import type { SshAddress } from "./address.ts";
import { byHand } from "./command.ts";

/** What is the matter with the engine's socket on the other side. */
export type SocketState = "absent" | "denied" | "silent";

/** Why no connection came about, from what ssh said, and the command that mends it; pure. */
export function connectFailure(address: SshAddress, said: string): string {
  const { url, host } = address;
  const hand = byHand(address);
  if (/spawn ssh ENOENT/.test(said))
    return failure(`${url}: there is no ssh on this machine`, "sudo apt-get install -y openssh-client");
  if (/IDENTIFICATION HAS CHANGED|host key for .* has changed/i.test(said))
    return failure(
      `${url}: the host shows another key than the one this user knows: it was installed anew, or somebody stands in between`,
      `ssh-keygen -R ${knownAs(address)}   once you know why, then ${hand}`,
    );
  if (/Host key verification failed/.test(said))
    return failure(
      `${url}: the host's key is not known to this user, and Slipway takes no key by itself`,
      `${hand}   and answer yes if the fingerprint is what \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` prints on the host`,
    );
  if (/Permission denied/.test(said))
    return failure(
      `${url}: the host lets none of this user's keys in (${lastLine(said)})`,
      `${hand.replace(/^ssh/, "ssh-copy-id")}   or, for a key with a passphrase, ssh-add`,
    );
  if (/Could not resolve hostname/.test(said))
    return failure(`${url}: there is no host ${host}`, `the right name, or a Host ${host} in ~/.ssh/config`);
  return failure(`${url}: no connection (${lastLine(said)})`, `${hand}   says more; then see that the host runs`);
}

/** Why the engine on the other side does not answer though ssh does; pure. */
export function engineFailure(address: SshAddress, state: SocketState): string {
  const { url, socket } = address;
  const hand = byHand(address);
  switch (state) {
    case "absent":
      return failure(
        `${url}: ssh connects, but there is no Docker engine at ${socket} on the host`,
        `install Docker there (https://docs.docker.com/engine/install/), or name its socket: ${url.replace(socket, "")}/path/of/docker.sock`,
      );
    case "denied":
      return failure(
        `${url}: ssh connects, but its user may not use the Docker engine at ${socket}`,
        `sudo usermod -aG docker ${address.user ?? "<its user>"}   on the host`,
      );
    case "silent":
      return failure(
        `${url}: ssh connects, but the Docker engine at ${socket} does not answer`,
        `${hand} sudo systemctl start docker\n  if it runs, sshd forwards no sockets: AllowTcpForwarding and AllowStreamLocalForwarding yes in the host's /etc/ssh/sshd_config`,
      );
    default:
      return state satisfies never;
  }
}

/** @param said what ssh printed, warnings before the reason */
function lastLine(said: string): string {
  return said.trim().split("\n").at(-1)?.trim() ?? "";
}

function knownAs({ host, port }: SshAddress): string {
  return port === undefined ? host : `'[${host}]:${port}'`;
}

function failure(problem: string, mend: string): string {
  return `${problem}.\nMend it, then run the command again:\n  ${mend}`;
}
