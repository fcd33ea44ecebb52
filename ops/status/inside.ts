import { backupPath } from "../../components/backup/spec.ts";
import { innerNetwork, label, resourceName } from "../../components/container/spec.ts";
import type { Release } from "../../components/steps/journal.ts";
import { type Session, type SessionRequest, withSession } from "../../components/steps/session.ts";
import type { RolloutRecord } from "../recorded/shapes.ts";
import { askEdge } from "./certificates.ts";
import { type Metered, nothingMetered } from "./golden.ts";
import { askBackups, askHost } from "./host.ts";
import { type Means, Unanswered } from "./means.ts";
import { askAlerts, askHour, askTriggers } from "./prometheus.ts";
import type { Certificate, Facts } from "./report.ts";
import { askReplica, type Said } from "./says.ts";

/** What can only be asked from where the parts are. */
export interface Inside extends Pick<Facts, "host" | "backup" | "triggers" | "alerts"> {
  readonly metered: Metered;
  readonly edge: readonly Certificate[];
  /** What replicas say of themselves, by the name of their container. */
  readonly said: ReadonlyMap<string, Said>;
}

export const nothingInside: Inside = {
  host: null,
  backup: null,
  triggers: [],
  alerts: [],
  metered: nothingMetered,
  edge: [],
  said: new Map(),
};

/** What there is to ask: a question to who does not run is only waited for. */
interface There {
  readonly serving: Release | undefined;
  /** Engine ids, and names of parts. */
  readonly running: ReadonlySet<string>;
}

/** Two short sessions with curl's image: one on the front network that sees the backup sets, one at the edge, on the host's own. */
export async function askInside(
  means: Means,
  rollout: RolloutRecord,
  there: There,
  asker: Unanswered,
  now: Date,
): Promise<Inside> {
  const { place, recorded } = means;
  const { gate, data } = rollout;
  const common = { image: gate.probeImage, env: {}, memoryMb: 64 };
  const network = [{ name: innerNetwork(place, "front"), aliases: [] }];
  const sets = [{ volume: data.backupVolume, path: backupPath, readOnly: true }];
  // Of another stack's edge only the answer tells.
  const edge = recorded.parts.includes("edge") && !there.running.has("edge") ? undefined : recorded.edge;
  const [found, certificate] = await Promise.all([
    inSession(means, "network", { ...common, user: data.user, network, mounts: sets }, asker, (session, own) =>
      askNetwork(session, means, rollout, there, own, now),
    ),
    edge === undefined
      ? undefined
      : inSession(means, "edge", { ...common, user: "0:0", network: "host", mounts: edge.mounts }, asker, (session) =>
          askEdge(session, edge, now.getTime()),
        ),
  ]);
  return { ...nothingInside, ...found, edge: certificate === undefined ? [] : [certificate] };
}

const tries = 3;

/** A step that begins removes the sessions that killed ones left, and cannot tell ours: what was asked in one that is gone is asked again. */
async function inSession<T>(
  { runner, place, redacted }: Means,
  part: string,
  request: SessionRequest,
  asker: Unanswered,
  work: (session: Session, own: Unanswered) => Promise<T>,
): Promise<T | undefined> {
  for (let left = tries; ; left -= 1) {
    const own = new Unanswered(redacted);
    let gone = true;
    const found = await own.ask(part, () =>
      withSession(runner, place, `status-${part}`, request, async (session) => {
        try {
          return await work(session, own);
        } finally {
          // (m) On a busy machine the engine still calls it running when nothing runs in it any more.
          gone = (await session.run({ argv: ["true"] })).exitCode !== 0;
        }
      }),
    );
    if (gone && left > 1) continue;
    asker.take(own);
    return found;
  }
}

async function askNetwork(
  session: Session,
  means: Means,
  { bake }: RolloutRecord,
  there: There,
  asker: Unanswered,
  now: Date,
): Promise<Omit<Inside, "edge">> {
  const { engine } = means;
  const metric = <T>(work: () => Promise<T>) =>
    bake.prometheus === "" || !there.running.has("prometheus") ? undefined : asker.ask("prometheus", work);
  const [host, backup, triggers, alerts, metered, said] = await Promise.all([
    asker.ask("host", async () => {
      const { NCPU, ServerVersion } = await engine.info();
      return askHost(session, { cores: NCPU, docker: ServerVersion });
    }),
    asker.ask("backup", () => askBackups(session, now.getTime())),
    metric(() => askTriggers(session, bake.prometheus, bake.triggers)),
    metric(() => askAlerts(session, bake.prometheus)),
    metric(() => askHour(session, bake.prometheus, now.getTime())),
    askReplicas(session, means, there, asker),
  ]);
  return {
    host: host ?? null,
    backup: backup ?? null,
    triggers: [...(triggers ?? [])],
    alerts: [...(alerts ?? [])],
    metered: metered ?? nothingMetered,
    said,
  };
}

async function askReplicas(
  session: Session,
  { place, recorded, diagnostics, redacted }: Means,
  { serving, running }: There,
  asker: Unanswered,
): Promise<Inside["said"]> {
  const duties = new Map(
    recorded.rollout?.workloads.map(({ container, duty }) => [container.labels[label.part] ?? "", duty]),
  );
  const answers = await Promise.all(
    (serving?.replicas ?? []).map(async ({ id, workload, alias }) => {
      const duty = duties.get(workload);
      if (duty?.kind !== "web" || !running.has(id)) return undefined;
      const said = await asker.ask(workload, () => askReplica(session, duty, alias, diagnostics[workload], redacted));
      return said && ([resourceName(place, alias), said] as const);
    }),
  );
  return new Map(answers.filter((each) => each !== undefined));
}
