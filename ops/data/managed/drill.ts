import { askRestored, drillRds, type Restored } from "../../../components/backup/rds-drill.ts";
import { type ProvedProduct, proveProduct } from "../../../components/backup/rds-product.ts";
import { parseFargateAddress } from "../../../components/fargate/address.ts";
import { companionOf } from "../../../components/fargate/companion.ts";
import { messageOf, redact } from "../../../components/steps/failure.ts";
import { fargateProduct } from "../../../components/steps/fargate-product.ts";
import { fargateRunner } from "../../../components/steps/fargate-runner.ts";
import { rdsServers } from "../../../components/steps/rds-servers.ts";
import { askPulumi, type PulumiContext } from "../../pulumi.ts";
import { type RecordedResource, readState } from "../../stack-state.ts";
import { span } from "../../status/words.ts";
import { rowCount } from "../render.ts";
import { drillRecordOf, movedOf, smokeTestOf } from "./record.ts";

/** Of a stack whose parts AWS runs: the newest snapshot as a throw-away server, its rows and revision, the product on it, how long that took. */
export async function drillOnAws(context: PulumiContext, json: boolean, say: (line: string) => void): Promise<number> {
  const { stack } = context;
  const resources = readState(await askPulumi(context, ["stack", "export", "--show-secrets"]));
  const record = drillRecordOf(stack, resources);
  const { host, place, data, dataSecrets: secrets, schema } = record;
  const { region, database: server } = parseFargateAddress(host);
  const smoke = smokeTestOf(resources);
  try {
    const restored = await drillRds({
      ...{ servers: rdsServers(region), server, stack, say },
      ask: (address) => {
        const database = { ...data.database, host: address };
        return askRestored(fargateRunner(host), place, { user: data.user, database, secrets }, schema.revisionSql);
      },
      prove: smoke && ((address) => prove(record, smoke, resources, address)),
    });
    console.log(json ? JSON.stringify({ stack, ok: true, ...restored }) : renderRestored(restored));
    return 0;
  } catch (error) {
    const why = redact(messageOf(error), [
      ...Object.values(secrets),
      ...Object.values(smoke?.tokens ?? {}),
      ...(smoke?.hidden ?? []),
    ]);
    if (json) console.log(JSON.stringify({ stack, ok: false, why }));
    else console.log(`the drill failed:\n${why}`);
    return 1;
  }
}

/** The release that serves, in tasks of its own whose database is the restored one. */
function prove(
  { host, place, data }: ReturnType<typeof drillRecordOf>,
  { probes, tokens, network, commands, probeImage }: NonNullable<ReturnType<typeof smokeTestOf>>,
  resources: readonly RecordedResource[],
  address: string,
): Promise<ProvedProduct> {
  const from = data.database.host;
  const moved = { from, to: address, ...movedOf(resources) };
  const elsewhere = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.replaceAll(from, address)]));
  const { hostname, port } = new URL(network.target.base);
  return proveProduct({
    ...{ place, probes, tokens, probeImage },
    // `<workload>.<namespace>`, as the smoke test asks it.
    asked: { workload: hostname.split(".")[0] ?? hostname, port: Number(port) },
    commands: Object.fromEntries(
      Object.entries(commands).map(([workload, { env, secrets, at, ...run }]) => [
        workload,
        { ...run, env: elsewhere({ ...env, ...secrets }), port: at.port },
      ]),
    ),
    runnerOf: async (workload) => {
      const product = await fargateProduct(host, workload);
      return fargateRunner(host, undefined, companionOf(product, moved));
    },
  });
}

/** Pure. */
export function renderRestored({
  snapshot,
  rtoSeconds,
  rpoSeconds,
  ageSeconds,
  rows,
  revision,
  product,
}: Restored): string {
  const lost =
    rpoSeconds === undefined ? "not told by RDS" : `${span(rpoSeconds)} of writes, by a restore to the newest moment`;
  const untried = [...(product === undefined ? ["the product on it"] : product.left), "Redis' snapshot"];
  return [
    `${snapshot} was restored and answered; its throw-away server is removed`,
    `  RTO     ${span(rtoSeconds)} until ${product === undefined ? "the database" : "the product on it"} answered; services follow in minutes`,
    `  RPO     ${lost}`,
    `  age     ${span(ageSeconds)}`,
    `  rows    ${rowCount(rows)} in ${Object.keys(rows).length} tables, compared with nothing: a snapshot counts none`,
    `  schema  ${revision}`,
    ...(product === undefined ? [] : [`  product ${product.proved.join(", ")}`]),
    `  not tried: ${untried.join(", ")}`,
  ].join("\n");
}
