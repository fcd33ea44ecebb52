import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { containerOf, listeningInodes, portHolder } from "../../infra/preflight/ports.ts";

// As Linux 6.1 prints them: local address in hex, 0A is LISTEN, 01 ESTABLISHED, the inode is the tenth field.
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 103 1 00000000a08f90f6 100 0 0 10 0
   1: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 280319 1 000000008004e4cf 100 0 0 10 0
   2: 0100007F:20FB 0100007F:D0A2 01 00000000:00000000 00:00000000 00000000  1000        0 280444 1 000000000f850184 20 4 30 10 -1
   3: 0100007F:D0A2 0100007F:20FB 01 00000000:00000000 00:00000000 00000000     0        0 280445 1 000000000f850185 20 4 30 10 -1
   4: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 104 1 00000000a08f90f7 100 0 0 10 0
`;
const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:20FB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 555 1 0000000000000000 100 0 0 10 0
`;

describe("listeningInodes", () => {
  test("those that listen, not those that are connected to or from the port", () => {
    expect(listeningInodes(tcp, 8443)).toEqual(["280319"]);
    expect(listeningInodes(tcp6, 8443)).toEqual(["555"]);
  });

  test("a short port is padded, and never found inside another", () => {
    expect(listeningInodes(tcp, 80)).toEqual(["104"]);
    expect(listeningInodes(tcp, 8)).toEqual([]);
    expect(listeningInodes(tcp, 0x07e8)).toEqual(["103"]);
  });

  test("UDP knows no listening: bound is held, connected to somebody is not", () => {
    const udp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1234: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 777 2 0000000000000000 0
 1235: 0100007F:158B 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 778 2 0000000000000000 0
`;
    expect(listeningInodes(udp, 5514, "udp")).toEqual(["777"]);
    expect(listeningInodes(udp, 5515, "udp")).toEqual([]);
    expect(listeningInodes(udp, 5514)).toEqual([]);
  });

  test("an empty table has none", () => {
    expect(listeningInodes("", 8443)).toEqual([]);
    expect(listeningInodes(tcp.split("\n")[0] ?? "", 8443)).toEqual([]);
  });
});

describe("portHolder", () => {
  test.runIf(process.platform === "linux")("finds this very process, and nobody once it lets go", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    expect(portHolder(port)?.words).toContain(`(process ${process.pid})`);
    await new Promise((resolve) => server.close(resolve));
    expect(portHolder(port)).toBeUndefined();
  });
});

describe("portHolder of UDP", () => {
  test.runIf(process.platform === "linux")(
    "finds this very process, and nobody at TCP's port of that number",
    async () => {
      const socket = createSocket("udp4");
      await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
      const { port } = socket.address();
      expect(portHolder(port, "udp")?.words).toContain(`(process ${process.pid})`);
      expect(portHolder(port)).toBeUndefined();
      await new Promise<void>((resolve) => socket.close(resolve));
      expect(portHolder(port, "udp")).toBeUndefined();
    },
  );
});

describe("containerOf", () => {
  const id = "0123456789abcdef".repeat(4);

  test.each([
    ["cgroup v2, systemd", `0::/system.slice/docker-${id}.scope\n`, id],
    ["cgroup v2, cgroupfs", `0::/docker/${id}\n`, id],
    ["cgroup v1", `12:pids:/docker/${id}\n11:cpu:/docker/${id}\n`, id],
    ["no container", "0::/user.slice/user-1000.slice/session-1.scope\n", undefined],
    ["nothing", "", undefined],
  ])("%s", (_, text, wanted) => {
    expect(containerOf(text)).toBe(wanted);
  });
});
