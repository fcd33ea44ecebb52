import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { label } from "../../../components/container/spec.ts";
import { engine, type Outside, runner } from "./host.ts";
import { supportImage } from "./image.ts";

/** By part: whom it reached, each with the ports that answered and those that listen. */
export type Reached = ReadonlyMap<string, ReadonlyMap<string, Ports>>;

export interface Ports {
  readonly answered: readonly number[];
  readonly listening: readonly number[];
}

interface Box {
  readonly part: string;
  readonly id: string;
  readonly addresses: readonly string[];
  readonly listening: readonly number[];
}

/** Prints each `address port` that takes a connection; one that nobody answers for is given up after two seconds. */
const script = `for each in "$@"; do ( set -- $each; timeout 2 bash -c ': < /dev/tcp/$0/$1' "$1" "$2" 2>/dev/null && echo "$each" ) & done; wait`;

/**
 * Tries every listening port of every container of a stack, at each of its addresses, from inside every other one: in its own network namespace, by a
 * container of ours that has nothing of its own. Who is on the host's network is left out on both sides.
 */
export async function reached(outside: Outside): Promise<Reached> {
  const image = await supportImage(engine, "outsider");
  const insides = (await outside.containers()).filter(
    ({ State, HostConfig }) => State === "running" && HostConfig.NetworkMode !== "host",
  );
  const one = insides.filter(
    ({ Labels }, at) => insides.findIndex((each) => each.Labels[label.part] === Labels[label.part]) === at,
  );
  return beside(image, one, async (helpers) => {
    const boxes = await Promise.all(one.map((each) => boxOf(each, helpers.get(each.Id) ?? "")));
    return new Map(
      await Promise.all(
        boxes.map(async (box) => [box.part, await reachedFrom(helpers.get(box.id) ?? "", box, boxes)] as const),
      ),
    );
  });
}

async function beside<T>(
  image: string,
  containers: readonly Docker.ContainerInfo[],
  work: (helpers: ReadonlyMap<string, string>) => Promise<T>,
): Promise<T> {
  const made: Docker.Container[] = [];
  try {
    const helpers = new Map<string, string>();
    for (const { Id } of containers) {
      const name = `test-reach-${randomBytes(4).toString("hex")}`;
      const helper = await engine.createContainer({
        name,
        Image: image,
        HostConfig: { NetworkMode: `container:${Id}` },
      });
      made.push(helper);
      await helper.start();
      helpers.set(Id, helper.id);
    }
    return await work(helpers);
  } finally {
    await Promise.all(made.map((helper) => helper.remove({ force: true })));
  }
}

async function boxOf({ Id, Labels, NetworkSettings }: Docker.ContainerInfo, helper: string): Promise<Box> {
  const { output } = await runner.exec(helper, { argv: ["cat", "/proc/net/tcp", "/proc/net/tcp6"] });
  const addresses = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
  return { part: Labels[label.part] ?? "", id: Id, addresses, listening: listeningIn(output) };
}

/** Ports of sockets that listen (state 0A) on more than the loopback, whose addresses are written backwards: 127.0.0.1, Docker's own 127.0.0.11, ::1. */
export function listeningIn(table: string): readonly number[] {
  const open = [...table.matchAll(/^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /gm)]
    .filter(([, address = ""]) => !/7F$/.test(address) && address !== "00000000000000000000000001000000")
    .map(([, , port = ""]) => Number.parseInt(port, 16));
  return [...new Set(open)].sort((a, b) => a - b);
}

async function reachedFrom(helper: string, own: Box, boxes: readonly Box[]): Promise<ReadonlyMap<string, Ports>> {
  const others = boxes.filter(({ id }) => id !== own.id);
  const tries = others.flatMap(({ addresses, listening }) =>
    addresses.flatMap((address) => listening.map((port) => `${address} ${port}`)),
  );
  const { output } = await runner.exec(helper, { argv: ["bash", "-c", script, "reach", ...tries] });
  const took = new Set(output.trim().split("\n"));
  return new Map(
    others.map(({ part, addresses, listening }) => {
      const answered = listening.filter((port) => addresses.some((address) => took.has(`${address} ${port}`)));
      return [part, { answered, listening }];
    }),
  );
}

/** Who reaches whom, as a table for the reader of the test's log: the row's part the column's, by how many ports of how many. */
export function reachTable(all: Reached): string {
  const parts = [...all.keys()].sort();
  const cell = (from: string, to: string) => {
    const { answered = [], listening = [] } = all.get(from)?.get(to) ?? {};
    return from === to ? "" : answered.length === 0 ? "-" : `${answered.length}/${listening.length}`;
  };
  const rows = parts.map((from) => [from, ...parts.map((to) => cell(from, to))]);
  const head = ["from \\ to", ...parts];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
