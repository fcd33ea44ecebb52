import { z } from "zod";
import { askRestored, drillRds, type Restored } from "../../../components/backup/rds-drill.ts";
import { parseFargateAddress } from "../../../components/fargate/address.ts";
import { messageOf, redact } from "../../../components/steps/failure.ts";
import { fargateRunner } from "../../../components/steps/fargate-runner.ts";
import { rdsServers } from "../../../components/steps/rds-servers.ts";
import { askPulumi, type PulumiContext } from "../../pulumi.ts";
import { type RecordedResource, readState } from "../../stack-state.ts";
import { span } from "../../status/words.ts";
import { rowCount } from "../render.ts";

const trust = z.object({ volume: z.string(), path: z.string(), readOnly: z.boolean() });
const migration = z.object({
  host: z.string().startsWith("ecs://"),
  place: z.object({ stack: z.string(), system: z.string() }),
  data: z.object({
    user: z.string(),
    database: z.object({
      kind: z.literal("postgres"),
      name: z.string(),
      image: z.string(),
      network: z.string(),
      trust,
    }),
  }),
  dataSecrets: z.record(z.string(), z.string()),
  schema: z.object({ revisionSql: z.string() }),
});

/** What a drill has to know, as the last `up` recorded it. @throws Error in words for the user when nothing was released */
export function drillRecordOf(stack: string, resources: readonly RecordedResource[]): z.output<typeof migration> {
  const found = resources.find(({ type }) => type.endsWith("slipway:steps:Migration"));
  const read = migration.safeParse(found?.outputs);
  if (read.success) return read.data;
  throw new Error(`stack ${stack} has no release on AWS yet; \`npm start -- --stack ${stack}\` makes one`);
}

/** Of a stack whose parts AWS runs: the newest snapshot as a throw-away server, its rows and revision, how long that took. */
export async function drillOnAws(context: PulumiContext, json: boolean, say: (line: string) => void): Promise<number> {
  const { stack } = context;
  const resources = readState(await askPulumi(context, ["stack", "export", "--show-secrets"]));
  const { host, place, data, dataSecrets: secrets, schema } = drillRecordOf(stack, resources);
  const { region, database: server } = parseFargateAddress(host);
  const runner = fargateRunner(host);
  try {
    const restored = await drillRds({
      ...{ servers: rdsServers(region), server, stack, say },
      ask: (address) => {
        const database = { ...data.database, host: address };
        return askRestored(runner, place, { user: data.user, database, secrets }, schema.revisionSql);
      },
    });
    console.log(json ? JSON.stringify({ stack, ok: true, ...restored }) : renderRestored(restored));
    return 0;
  } catch (error) {
    const why = redact(messageOf(error), Object.values(secrets));
    if (json) console.log(JSON.stringify({ stack, ok: false, why }));
    else console.log(`the drill failed:\n${why}`);
    return 1;
  }
}

/** Pure. */
export function renderRestored({ snapshot, rtoSeconds, rpoSeconds, ageSeconds, rows, revision }: Restored): string {
  const lost =
    rpoSeconds === undefined ? "not told by RDS" : `${span(rpoSeconds)} of writes, by a restore to the newest moment`;
  return [
    `${snapshot} was restored and answered; its throw-away server is removed`,
    `  RTO     ${span(rtoSeconds)} until the database answered; services follow in minutes`,
    `  RPO     ${lost}`,
    `  age     ${span(ageSeconds)}`,
    `  rows    ${rowCount(rows)} in ${Object.keys(rows).length} tables, compared with nothing: a snapshot counts none`,
    `  schema  ${revision}`,
    "  not tried: the product on it, and Redis' snapshot",
  ].join("\n");
}
