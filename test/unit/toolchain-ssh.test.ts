import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { isHost, isTunnel, parseSshUrl, readSshUrl, tunnelFolders } from "../../toolchain/ssh/address.ts";
import { byHand, connectArgs, endArgs, forwardArgs, lookArgs } from "../../toolchain/ssh/command.ts";
import { connectFailure, engineFailure } from "../../toolchain/ssh/failure.ts";
import { localEnd, madeTunnelFolder, tunnelFolder } from "../../toolchain/ssh/folder.ts";

const address = parseSshUrl("ssh://deploy@example.org:2222");
const uid = process.getuid?.() ?? 0;

describe("the URL", () => {
  const socket = "/var/run/docker.sock";
  it.each([
    ["ssh://example.org", { user: undefined, host: "example.org", port: undefined, socket }],
    ["ssh://deploy@example.org", { user: "deploy", host: "example.org", port: undefined, socket }],
    ["ssh://deploy@10.0.0.5:2222", { user: "deploy", host: "10.0.0.5", port: 2222, socket }],
    ["ssh://deploy@my_alias", { user: "deploy", host: "my_alias", port: undefined, socket }],
    ["ssh://deploy@[2001:db8::1]:22", { user: "deploy", host: "2001:db8::1", port: 22, socket }],
    [
      "ssh://deploy@h/run/user/1000/docker.sock",
      { user: "deploy", host: "h", port: undefined, socket: "/run/user/1000/docker.sock" },
    ],
  ])("%s", (url, parts) => {
    expect(readSshUrl(url)).toEqual({ url, ...parts });
  });

  it("is one whatever it is spelled like", () => {
    expect(parseSshUrl("ssh://deploy@h/").url).toBe("ssh://deploy@h");
    expect(parseSshUrl("ssh://deploy@h/var/run/docker.sock").url).toBe("ssh://deploy@h");
  });

  it.each([
    "ssh://",
    "ssh://-oProxyCommand=true",
    "ssh://-l@h",
    "ssh://deploy:password@h",
    "ssh://deploy@h:0",
    "ssh://deploy@h:70000",
    "ssh://deploy@h:x",
    "ssh://deploy@h/run/a:b.sock",
    "ssh://deploy@h/run/$(id).sock",
    "ssh://deploy@h?identity=x",
    "ssh://deploy@h ",
    "SSH://deploy@h",
    "deploy@h",
  ])("%s is none", (url) => {
    expect(readSshUrl(url)).toBeUndefined();
    expect(isHost(url)).toBe(false);
  });

  it("that is refused shows no password", () => {
    expect(() => parseSshUrl("ssh://deploy:the-password@h")).toThrow(
      "ssh://***@h is no Docker host by ssh; allowed are ssh://user@host, ssh://user@host:port, ssh://user@host/path/of/docker.sock",
    );
  });

  it("or a local socket is a host for config; a port without a lock is not", () => {
    expect(["unix:///var/run/docker.sock", "ssh://deploy@h"].map(isHost)).toEqual([true, true]);
    expect(["unix://docker.sock", "tcp://10.0.0.5:2375", "http://h", ""].map(isHost)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("the commands", () => {
  const folder = "/tmp/slipway-ssh-0123456789abcdef";

  it("connect without a question, strictly, and go to the background", () => {
    expect(connectArgs(address, folder).join(" ")).toBe(
      "-f -N -T -M -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 " +
        "-o ControlPersist=24h -o ClearAllForwardings=yes -o StreamLocalBindUnlink=yes -o StreamLocalBindMask=0177 -o RemoteCommand=none " +
        `-S ${folder}/control -p 2222 -l deploy -- example.org`,
    );
  });

  it("forward one socket, and end, without what ~/.ssh/config would add", () => {
    const plain = parseSshUrl("ssh://alias/run/docker.sock");
    expect(forwardArgs(plain, folder).join(" ")).toBe(
      `-F none -O forward -L ${folder}/docker.sock:/run/docker.sock -S ${folder}/control -- alias`,
    );
    expect(endArgs(plain, folder).join(" ")).toBe(`-F none -O exit -S ${folder}/control -- alias`);
  });

  it("look at the socket on the other side", () => {
    expect(lookArgs(address, folder).slice(-2)).toEqual([
      "example.org",
      "sh -c 'if [ ! -S /var/run/docker.sock ]; then echo absent; elif [ ! -w /var/run/docker.sock ]; then echo denied; else echo silent; fi'",
    ]);
  });

  it("are said to the user as by hand", () => {
    expect(byHand(address)).toBe("ssh -p 2222 deploy@example.org");
    expect(byHand(parseSshUrl("ssh://alias"))).toBe("ssh alias");
  });
});

describe("a failure is said with the command that mends it", () => {
  const mend = "Mend it, then run the command again:\n ";
  const from = "ssh://deploy@example.org:2222";
  // As OpenSSH 9.2 prints them.
  it.each([
    [
      "No ED25519 host key is known for [example.org]:2222 and you have requested strict checking.\nHost key verification failed.",
      `${from}: the host's key is not known to this user, and Slipway takes no key by itself.\n${mend} ssh -p 2222 deploy@example.org   and answer yes if the fingerprint is what \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` prints on the host`,
    ],
    [
      "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key for [example.org]:2222 has changed and you have requested strict checking.\nHost key verification failed.",
      `${from}: the host shows another key than the one this user knows: it was installed anew, or somebody stands in between.\n${mend} ssh-keygen -R '[example.org]:2222'   once you know why, then ssh -p 2222 deploy@example.org`,
    ],
    [
      "deploy@example.org: Permission denied (publickey).",
      `${from}: the host lets none of this user's keys in (deploy@example.org: Permission denied (publickey).).\n${mend} ssh-copy-id -p 2222 deploy@example.org   or, for a key with a passphrase, ssh-add`,
    ],
    [
      "ssh: Could not resolve hostname example.org: Name or service not known",
      `${from}: there is no host example.org.\n${mend} the right name, or a Host example.org in ~/.ssh/config`,
    ],
    [
      "ssh: connect to host example.org port 2222: Connection refused",
      `${from}: no connection (ssh: connect to host example.org port 2222: Connection refused).\n${mend} ssh -p 2222 deploy@example.org   says more; then see that the host runs`,
    ],
    ["spawn ssh ENOENT", `${from}: there is no ssh on this machine.\n${mend} sudo apt-get install -y openssh-client`],
  ])("%s", (said, words) => {
    expect(connectFailure(address, said)).toBe(words);
  });

  it.each([
    [
      "absent",
      `there is no Docker engine at /var/run/docker.sock on the host.\n${mend} install Docker there (https://docs.docker.com/engine/install/), or name its socket: ${from}/path/of/docker.sock`,
    ],
    [
      "denied",
      `its user may not use the Docker engine at /var/run/docker.sock.\n${mend} sudo usermod -aG docker deploy   on the host`,
    ],
    [
      "silent",
      `the Docker engine at /var/run/docker.sock does not answer.\n${mend} ssh -p 2222 deploy@example.org sudo systemctl start docker\n  if it runs, sshd forwards no sockets: AllowTcpForwarding and AllowStreamLocalForwarding yes in the host's /etc/ssh/sshd_config`,
    ],
  ] as const)("the other side's socket is %s", (state, words) => {
    expect(engineFailure(address, state)).toBe(`${from}: ssh connects, but ${words}`);
  });
});

describe("this end", () => {
  const own = parseSshUrl(`ssh://deploy@test-${process.pid}.invalid`);
  const [first, second] = tunnelFolders(own, uid);
  afterEach(() => {
    for (const folder of [first, second]) rmSync(folder, { recursive: true, force: true });
  });

  it("lies at a path that depends on the URL alone", () => {
    expect(tunnelFolders(address, 1000)).toEqual([
      "/tmp/slipway-ssh-71dd9f7ccaab480a",
      "/tmp/slipway-ssh-71dd9f7ccaab480a-1000",
    ]);
    expect(localEnd("ssh://deploy@example.org:2222")).toBe("unix:///tmp/slipway-ssh-71dd9f7ccaab480a/docker.sock");
    expect(localEnd("ssh://deploy@example.org:2222/")).toBe(localEnd("ssh://deploy@example.org:2222"));
    expect(["unix:///var/run/docker.sock", "tcp://h:2375"].map(localEnd)).toEqual([
      "unix:///var/run/docker.sock",
      "tcp://h:2375",
    ]);
  });

  it("is known for what it is", () => {
    expect(isTunnel(localEnd("ssh://deploy@h"))).toBe(true);
    expect(isTunnel("unix:///tmp/slipway-ssh-0123456789abcdef-1000/docker.sock")).toBe(true);
    expect(
      ["unix:///var/run/docker.sock", "ssh://deploy@h", "unix:///tmp/slipway-ssh-x/docker.sock"].map(isTunnel),
    ).toEqual([false, false, false]);
  });

  it("is made for this user alone, once", async () => {
    expect(await madeTunnelFolder(own)).toBe(first);
    expect(lstatSync(first).mode & 0o777).toBe(0o700);
    expect(await madeTunnelFolder(own)).toBe(first);
  });

  it.each([
    [
      "that others may enter",
      () => {
        mkdirSync(first);
        chmodSync(first, 0o755);
      },
    ],
    ["that is a link", () => symlinkSync("/var", first)],
  ])("is not put into a folder %s", async (_, prepare) => {
    prepare();
    expect(await madeTunnelFolder(own)).toBe(second);
    expect(localEnd(own.url)).toBe(`unix://${second}/docker.sock`);
  });

  it("is refused where both folders are somebody's", () => {
    symlinkSync("/var", first);
    symlinkSync("/var", second);
    expect(() => tunnelFolder(own)).toThrow(
      `${own.url}: both ${first} and ${second} are there and not this user's alone, so nothing is put into them. Mend: sudo rm -r ${second}`,
    );
  });
});
