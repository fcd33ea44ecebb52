import { managedAlarms } from "../../components/alerts/managed.ts";
import { limitsOf } from "../../components/app/options.ts";
import { fargateSize } from "../../components/fargate/size.ts";
import type { Tier } from "../../components/options/tier.ts";
import { rdsSizes } from "../../components/postgres/rds-spec.ts";
import { cacheNodes } from "../../components/redis/elasticache-spec.ts";
import { assumed, type CostLine } from "./cost.ts";
import { hoursPerMonth, prices } from "./prices.ts";

/** A month of a stack whose parts AWS runs: what is not known before is taken for something. */
export const taken = { replicas: 2, natGb: 20, secrets: 2 } as const;

const databases: Readonly<Record<string, number>> = prices.database;
const caches: Readonly<Record<string, number>> = prices.cache;

/** Of the database's disk at least; what is restored of is as large again. */
export function databaseGb(tier: Tier, dataGb: number): number {
  return Math.max(rdsSizes[tier].storageGb, Math.ceil(dataGb * 1.5));
}

/** By what is paid for, as costOf says it of a host. @param multiAz two zones: production's own */
export function managedCostOf(tier: Tier, dataGb: number, multiAz: boolean): readonly CostLine[] {
  const { instanceClass } = rdsSizes[tier];
  const node = cacheNodes[tier];
  const [hourly, nodeHourly] = [databases[instanceClass], caches[node]];
  if (hourly === undefined || nodeHourly === undefined)
    throw new Error(`ops/size/prices.ts has no price of ${instanceClass} or ${node}`);
  const zones = multiAz ? 2 : 1;
  const { cpu, memoryMb } = fargateSize(limitsOf(tier, {}));
  const task = (cpu / 1024) * prices.taskCpu + (memoryMb / 1024) * prices.taskGb;
  const alarms = managedAlarms({ connections: 100, storageGb: dataGb }).length;
  const lines: readonly CostLine[] = [
    { what: `RDS ${instanceClass}, ${zones} zones`, usd: hourly * hoursPerMonth * zones },
    { what: `its disk, ${dataGb} GB`, usd: dataGb * prices.databaseGp3 * zones },
    { what: `its backups, ${dataGb} GB more`, usd: dataGb * prices.databaseBackup },
    { what: `${zones} ${node}`, usd: nodeHourly * hoursPerMonth * zones },
    {
      what: `${taken.replicas} tasks, ${cpu / 1024} cores, ${memoryMb / 1024} GB`,
      usd: task * hoursPerMonth * taken.replicas,
    },
    { what: "load balancer", usd: prices.balancer * hoursPerMonth },
    { what: `${zones + 2} public addresses`, usd: prices.address * hoursPerMonth * (zones + 2) },
    { what: "WAF", usd: prices.waf },
    { what: `${zones} NAT, ${taken.natGb} GB`, usd: prices.nat * hoursPerMonth * zones + taken.natGb * prices.natGb },
    { what: `${alarms} alarms`, usd: alarms * prices.alarm },
    { what: `logs, ${assumed.logsGb} GB`, usd: assumed.logsGb * prices.logs },
    { what: `images, ${assumed.imagesGb} GB`, usd: assumed.imagesGb * prices.ecr },
    { what: "secrets", usd: taken.secrets * prices.secret },
  ];
  return lines.map(({ what, usd }) => ({ what, usd: Math.round(usd * 100) / 100 }));
}
