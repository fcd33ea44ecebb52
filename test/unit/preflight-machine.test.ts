import type Docker from "dockerode";
import { describe, expect, test } from "vitest";
import { edgeLabel } from "../../components/edge/share.ts";
import type { Finished, Runner } from "../../components/steps/runner.ts";
import type { WantedPort } from "../../infra/preflight/judge.ts";
import { availableBytes, type Machine, otherMachine } from "../../infra/preflight/machine.ts";
import { observeHost } from "../../infra/preflight/observe.ts";
import type { Holder } from "../../infra/preflight/ports.ts";

const df = `Filesystem     1024-blocks     Used Available Capacity Mounted on
overlay          102626232 35013560  62353408      36% /
`;
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 103 1 00000000a08f90f6 100 0 0 10 0
`;
const udp = tcp.replace("20FB", "158A").replace(" 0A ", " 07 ");
const place = { stack: "blue", system: "tmws" };

describe("the machine of a host that is reached by ssh", () => {
  test("is seen from inside one container on its network, which is removed again", async () => {
    const done: string[] = [];
    const answers: Readonly<Record<string, Finished>> = {
      df: { exitCode: 0, output: df },
      sh: { exitCode: 0, output: `${tcp}udp\n${udp}` },
    };
    const runner = {
      create: async (spec: { image: string; network: unknown; mounts: unknown }) => {
        done.push(`create ${spec.image} on ${JSON.stringify(spec.network)} with ${JSON.stringify(spec.mounts)}`);
        return "id";
      },
      start: async (id: string) => void done.push(`start ${id}`),
      exec: async (_: string, { argv }: { argv: readonly string[] }) => {
        done.push(argv.join(" "));
        return answers[argv[0] ?? ""];
      },
      remove: async (id: string) => void done.push(`remove ${id}`),
    } as unknown as Runner;
    const machine = await otherMachine(runner, place, "sha256:curl");
    expect(done).toEqual([
      'create sha256:curl on "host" with []',
      "start id",
      "df -Pk /",
      "sh -c cat /proc/net/tcp && { cat /proc/net/tcp6 2>/dev/null || true; } && echo udp && cat /proc/net/udp && { cat /proc/net/udp6 2>/dev/null || true; }",
      "remove id",
    ]);
    expect(await machine.freeBytes("/var/lib/docker")).toBe(62353408 * 1024);
    expect(machine.holderOf(8443)).toEqual({ words: "a process of that host", container: undefined, hidden: true });
    expect(machine.holderOf(8444)).toBeUndefined();
    expect(machine.holderOf(8443, "udp")).toBeUndefined();
    expect(machine.holderOf(5514, "udp")).toMatchObject({ words: "a process of that host" });
    expect(machine.holderOf(5514)).toBeUndefined();
  });

  test("df without a number is no free disk of nothing", () => {
    expect(() => availableBytes("df: /: Permission denied\n")).toThrow(
      "df says nothing of the host's free disk: df: /: Permission denied",
    );
  });
});

describe("who holds a port where processes cannot be seen", () => {
  const hidden: Holder = { words: "a process of that host", container: undefined, hidden: true };
  const machine: Machine = { freeBytes: async () => 10 * 1024 ** 3, holderOf: () => hidden };
  const heldOf = async (wanted: WantedPort, ...containers: readonly object[]) => {
    const info = { NCPU: 2, MemTotal: 4 * 1024 ** 3, ServerVersion: "28.2.2", DockerRootDir: "/var/lib/docker" };
    const engine = { info: async () => info, listContainers: async () => containers } as unknown as Docker;
    return (await observeHost(engine, machine, place, [wanted])).heldPorts;
  };
  const held = (...containers: readonly object[]) => heldOf({ option: "edge.httpsPort", port: 8443 }, ...containers);
  const edge = (stack: string) => ({
    Id: "e",
    Names: [`/slipway-${stack}_edge`],
    Labels: { "slipway.stack": stack, "slipway.part": "edge", [edgeLabel.port]: "8443" },
    Ports: [],
  });

  test("another stack's edge is known by its label, and may be shared", async () => {
    expect(await held(edge("green"))).toEqual([
      { option: "edge.httpsPort", port: 8443, holder: "container slipway-green_edge", edgeOf: "green" },
    ]);
  });

  test("the stack's own is no obstacle", async () => {
    expect(await held(edge("blue"))).toEqual([]);
  });

  test("anybody else is somebody there", async () => {
    expect(await held()).toEqual([{ option: "edge.httpsPort", port: 8443, holder: "a process of that host" }]);
  });

  describe("the shipper's, which is UDP", () => {
    const ship = { option: "logs.ship.port", port: 5514, protocol: "udp" } as const;
    const publishes = (stack: string, part: string, Type: string) => ({
      Id: part,
      Names: [`/slipway-${stack}_${part}`],
      Labels: { "slipway.stack": stack, "slipway.part": part },
      Ports: [{ IP: "127.0.0.1", PrivatePort: 5514, PublicPort: 5514, Type }],
    });
    const shipHeld = (...containers: readonly object[]) => heldOf(ship, ...containers);

    test("the stack's own is no obstacle, another stack's is named", async () => {
      expect(await shipHeld(publishes("blue", "log-shipper", "udp"))).toEqual([]);
      expect(await shipHeld(publishes("green", "log-shipper", "udp"))).toEqual([
        { ...ship, holder: "container slipway-green_log-shipper" },
      ]);
    });

    test("neither the stack's own edge nor its TCP port of that number excuses somebody else", async () => {
      const own = [edge("blue"), publishes("blue", "switch", "tcp")];
      expect(await shipHeld(...own)).toEqual([{ ...ship, holder: "a process of that host" }]);
    });
  });
});
