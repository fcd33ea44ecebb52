import { workloadLabels } from "../../../components/rollout/cluster.ts";
import type { Deployed } from "../../../components/steps/deployments.ts";
import { fargateDeployments } from "../../../components/steps/fargate-deployments.ts";
import { lastErrors, shortened } from "../errors.ts";
import { Unanswered } from "../means.ts";
import type { Facts, Part } from "../report.ts";
import { firing, goneAlarms } from "./alarms.ts";
import { ManagedEyes } from "./ask.ts";
import type { ManagedRecord } from "./recorded.ts";
import { releaseNow, rolloutOf, tasksOf } from "./services.ts";
import { backupOf, cachePart, databasePart } from "./stores.ts";

const errorWindowMs = 5 * 60_000;

/** Looks at a stack whose parts AWS runs, by AWS' own numbers, and changes nothing. What gets no answer is told in `unanswered`. */
export async function lookOnAws(record: ManagedRecord, redacted: (text: string) => string, now: Date): Promise<Facts> {
  const eyes = new ManagedEyes(record.host);
  const asker = new Unanswered(redacted);
  const { at } = eyes;
  const { cache } = record;
  const [deployed, database, redis, backup, alarms] = await Promise.all([
    asker.ask("release", () => fargateDeployments(record.host, 0).list(workloadLabels(record.place))),
    asker.ask("postgres", async () => databasePart(at.database, await eyes.database())),
    cache === undefined ? undefined : asker.ask("redis", async () => cachePart(cache, await eyes.cache(cache))),
    asker.ask("backup", async () => backupOf(await eyes.snapshots(), now)),
    asker.ask("alarms", () => eyes.alarms(record.alarms)),
  ]);
  const tasks = await Promise.all(
    (deployed ?? []).map((each) => asker.ask(each.name, () => partsOf(eyes, each, redacted, now))),
  );
  const release = await asker.ask("release", async () => servingNow(deployed ?? [], record));
  const gone = alarms === undefined ? [] : goneAlarms(record.alarms, alarms);
  if (gone.length > 0) asker.unanswered.push({ part: "alarms", why: `gone: ${gone.join(", ")}; \`npm start\` mends` });
  const stores = [database, redis].filter((each) => each !== undefined);
  return {
    ...nothingOfAHost,
    stack: record.place.stack,
    system: record.place.system,
    url: record.url,
    at: now.toISOString(),
    unanswered: asker.unanswered,
    release: release ?? null,
    rollout: rolloutOf(deployed ?? [], deployed === undefined ? { releases: {} } : record),
    parts: [...tasks.flatMap((each) => each ?? []), ...stores],
    backup: backup ?? null,
    alerts: [...firing(alarms ?? [], at.cluster)],
  };
}

/** Nothing here reaches the database or the edge: both are in a network without a way in for whoever looks. */
const nothingOfAHost = { database: null, certificates: [], triggers: [], golden: null, host: null };

function servingNow(deployed: readonly Deployed[], record: ManagedRecord): Facts["release"] {
  try {
    return releaseNow(deployed, record);
  } catch (error) {
    const why =
      "a service's tags say in words of another version of Slipway what was proved; the next release writes them anew";
    throw new Error(why, { cause: error });
  }
}

async function partsOf(
  eyes: ManagedEyes,
  deployed: Deployed,
  redacted: (text: string) => string,
  now: Date,
): Promise<readonly Part[]> {
  const tasks = await eyes.tasks(deployed.name);
  const parts = tasksOf(deployed, tasks, { cluster: eyes.at.cluster, now });
  return Promise.all(
    parts.map(async (part, index) => {
      const task = tasks[index];
      if (task === undefined) return part;
      const { count, last } = lastErrors(await eyes.log(deployed.name, task, now.getTime() - errorWindowMs));
      return { ...part, errors: count, lastErrors: last.map((line) => shortened(redacted(line))) };
    }),
  );
}
