import { label } from "../container/spec.ts";
import { askUntil, hasEnded } from "../probe/ask.ts";
import type { Probe } from "../probe/spec.ts";
import type { Lease } from "../steps/lease.ts";
import { type Session, withSession } from "../steps/session.ts";
import { candidateAlias, networksOf, type RolloutInputs } from "./spec.ts";

/** Waits until a release answers its health path, asked from inside the network by the name only Rollout uses. */
export async function awaitReady(lease: Lease, inputs: RolloutInputs, release: string): Promise<void> {
  const { path, json, port, timeoutSeconds } = inputs.ready;
  const probe: Probe = { name: "ready", via: "network", method: "GET", path, expect: { status: 200, json } };
  const target = { base: `http://${candidateAlias(inputs.app, release)}:${port}`, options: [] };
  const gone = hasEnded(lease.runner, { [label.stack]: lease.place.stack, [label.release]: release });
  await withProbes(lease, inputs, (session) => askUntil(session, probe, target, { seconds: timeoutSeconds, gone }));
}

function withProbes<T>(lease: Lease, inputs: RolloutInputs, work: (session: Session) => Promise<T>): Promise<T> {
  return withSession(
    lease.runner,
    lease.place,
    "probe",
    {
      image: inputs.ready.probeImage,
      user: "1000:1000",
      env: {},
      mounts: [],
      network: networksOf(inputs.app).map(({ name }) => ({ name, aliases: [] })),
      memoryMb: 64,
    },
    work,
  );
}
