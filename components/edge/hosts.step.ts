import type { Place } from "../container/spec.ts";
import { directory, file } from "../files/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import { StepFailure } from "../steps/failure.ts";
import { type Session, withSession } from "../steps/session.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { claimRefusal } from "./share.ts";

export interface HostsInputs {
  readonly host: string;
  readonly place: Place;
  /** Any image that exists on the host and has a shell. */
  readonly image: string;
  /** The run volume of the edge's owner. */
  readonly volume: string;
  readonly hosts: readonly string[];
  /** Who the switch runs as: it binds its sockets in the directories. */
  readonly uid: number;
}

const mountPoint = "/volume";

/** Claims host names at an edge: each is a directory of this stack alone, in which nobody but its switch and the edge can do anything. */
const step: Step<HostsInputs, object> = {
  // The image too: the one that is remembered is what a destroy needs.
  changed: changedInputs,
  reconcile: (inputs) => claim(inputs, inputs.hosts),
  async remove(inputs) {
    await claim(inputs, []);
  },
};

async function claim(inputs: HostsInputs, wanted: readonly string[]): Promise<object> {
  const runner = await runnerOf(inputs.host);
  const request = {
    image: inputs.image,
    user: "0:0",
    env: {},
    mounts: [{ volume: inputs.volume, path: mountPoint }],
    network: [],
    memoryMb: 32,
  };
  await withSession(runner, inputs.place, "hosts", request, async (session) => {
    const claims = await readClaims(session);
    for (const host of wanted) {
      const refusal = claimRefusal(inputs.place, host, claims.get(host));
      if (refusal !== undefined) throw new StepFailure(refusal);
    }
    const stale = [...claims].filter(([host, stack]) => stack === inputs.place.stack && !wanted.includes(host));
    await runner.put(
      session.id,
      mountPoint,
      [...wanted, ...stale.map(([host]) => host)].flatMap((host) => entries(inputs, host)),
    );
    for (const [host] of stale) await session.must(`freeing ${host}`, { argv: ["rm", "-rf", `${mountPoint}/${host}`] });
  });
  return {};
}

/** Group 0 is the edge's: it has no capability to pass by permissions. */
function entries({ place, uid }: HostsInputs, host: string) {
  return [directory(host, { uid, gid: 0 }, 0o770), file(`${host}/stack`, `${place.stack}\n`, { uid: 0, gid: 0 })];
}

/** Claimed host names and their stacks. */
async function readClaims(session: Session): Promise<ReadonlyMap<string, string>> {
  const script = `cd ${mountPoint} && for f in */stack; do [ -f "$f" ] && printf '%s ' "\${f%/stack}" && cat "$f"; done; true`;
  const lines = (await session.must("reading the claimed host names", { argv: ["sh", "-c", script] }))
    .trim()
    .split("\n");
  return new Map(lines.map((line): [string, string] => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]));
}

export default step;
