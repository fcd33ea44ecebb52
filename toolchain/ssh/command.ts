import { type SshAddress, tunnelSocket } from "./address.ts";

/** ssh's own socket for questions to the connection that runs. */
export function controlSocket(folder: string): string {
  return `${folder}/control`;
}

/**
 * Makes the connection and goes to the background once it stands (`-f`). Never asks: an unknown host key is refused, as is a key with a passphrase
 * that no agent holds. What else ~/.ssh/config says of the host is honoured, but for its forwardings (a port that another session of the user's
 * has already would end this one) and its command. It ends by itself: when the other side is silent for a minute, or after a day without use.
 */
export function connectArgs(address: SshAddress, folder: string): readonly string[] {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ControlPersist=24h",
    "ClearAllForwardings=yes",
    "StreamLocalBindUnlink=yes",
    "StreamLocalBindMask=0177",
    "RemoteCommand=none",
  ];
  return ["-f", "-N", "-T", "-M", ...options.flatMap((option) => ["-o", option]), ...place(address, folder)];
}

/** Has the connection listen at this end, and hand on to the engine's socket at the other. */
export function forwardArgs(address: SshAddress, folder: string): readonly string[] {
  return [...order("forward"), "-L", `${tunnelSocket(folder)}:${address.socket}`, ...place(address, folder)];
}

/** Ends the connection of the folder, for everybody who uses it. */
export function endArgs(address: SshAddress, folder: string): readonly string[] {
  return [...order("exit"), ...place(address, folder)];
}

/** Without ~/.ssh/config: (m) ssh adds that file's own forwardings to the order, and fails where another session of the user's has their ports. */
function order(what: "forward" | "exit"): readonly string[] {
  return ["-F", "none", "-O", what];
}

/** Asks the other side through the connection why its engine does not answer; prints a word of `SocketState`. */
export function lookArgs(address: SshAddress, folder: string): readonly string[] {
  const { socket } = address;
  const script = `if [ ! -S ${socket} ]; then echo absent; elif [ ! -w ${socket} ]; then echo denied; else echo silent; fi`;
  const options = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ClearAllForwardings=yes"];
  return ["-T", ...options, "-o", "RemoteCommand=none", ...place(address, folder), `sh -c '${script}'`];
}

function place({ user, host, port }: SshAddress, folder: string): readonly string[] {
  return [
    "-S",
    controlSocket(folder),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    "--",
    host,
  ];
}

/** The connection as a user makes it by hand. */
export function byHand({ user, host, port }: SshAddress): string {
  return `ssh ${port === undefined ? "" : `-p ${port} `}${user === undefined ? "" : `${user}@`}${host}`;
}
