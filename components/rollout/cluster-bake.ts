import { type Clock, systemClock } from "../../toolchain/poll.ts";
import { watchAlarms } from "../bake/alarms.ts";
import type { Alarms } from "../steps/alarms.ts";
import type { Deployed, Deployments } from "../steps/deployments.ts";
import { messageOf, StepFailure } from "../steps/failure.ts";
import { type ClusterRollout, goBack, ownOf, servedOf, stateOf } from "./cluster.ts";

/** The bake time of services whose alarms CloudWatch watches. */
export interface AlarmBake {
  /** 0: it is not watched. */
  readonly seconds: number;
  /** CloudWatch's own names. */
  readonly alarms: readonly string[];
}

const everySeconds = 15;

/** What of a release is new beside what was proved before; none where nothing was, for there is nothing to go back to. Pure. */
export function toBake(now: readonly Deployed[], { releases }: Pick<ClusterRollout, "releases">): readonly Deployed[] {
  // A run that was cut off watches anew: nothing was noted yet.
  const fresh = now.filter((each) => servedOf(each)?.release !== releases[each.name]);
  return now.some((each) => servedOf(each) !== undefined) ? fresh : [];
}

/**
 * Watches what was rolled out for its bake time.
 * @throws StepFailure when an alarm is raised that was not before, or its processes end: it is gone back from. Also when no alarm could be asked:
 * then it serves, and is not proved
 */
export async function bakedOrBack(
  deployments: Deployments,
  alarms: Alarms,
  wish: ClusterRollout,
  { seconds, alarms: names }: AlarmBake,
  clock: Clock = systemClock,
  pauseMs = 500,
): Promise<void> {
  const fresh = toBake(await ownOf(deployments, wish), wish);
  if (seconds === 0 || fresh.length === 0) return;
  const bad = await watchAlarms({
    ...{ alarms, names, seconds, everySeconds, clock },
    began: Math.min(Date.now(), ...fresh.flatMap(({ newest }) => (newest ? [Date.parse(newest.began)] : []))),
    alive: async () => deadOf(await ownOf(deployments, wish), wish),
  }).catch((error: unknown) => {
    throw new StepFailure(
      `the release serves, and could not be watched: CloudWatch's alarms were not to be had (${messageOf(error)})\n  mend: a right to cloudwatch:DescribeAlarms, then the same command again; it is not proved until then`,
    );
  });
  if (bad === undefined) return;
  throw new StepFailure(
    [`in its bake time of ${seconds} s: ${bad}`, await goBack(deployments, wish, pauseMs)].join("\n"),
  );
}

/** What of the release does not run as it did when it came up. */
function deadOf(now: readonly Deployed[], { releases }: Pick<ClusterRollout, "releases">): string | undefined {
  const dead = now.find((each) => each.release !== releases[each.name] || stateOf(each) !== "ready");
  if (dead === undefined) return undefined;
  const { name, release, pods } = dead;
  if (release !== releases[name]) return `${name} was set to release ${release || "unknown"} meanwhile`;
  return `${name}: ${pods.updated} of ${pods.wanted} run`;
}
