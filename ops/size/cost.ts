import { alarmsOf } from "../../components/alerts/cloudwatch.ts";
import { rootGb, sizes } from "../../components/machine/tiers.ts";
import type { Tier } from "../../components/options/tier.ts";
import { hoursPerMonth, prices } from "./prices.ts";

export interface CostLine {
  readonly what: string;
  readonly usd: number;
}

/** What is not known before and has to be taken for something. */
export const assumed = { imagesGb: 5, logsGb: 5 } as const;

const types: Readonly<Record<string, number>> = prices.instance;

/**
 * A month of one host, by what is paid for. Traffic out is not in it: its first 100 GB are free.
 * @param dataGb size of the data volume
 * @param copiesGb what lies in the bucket
 */
export function costOf(tier: Tier, dataGb: number, copiesGb: number): readonly CostLine[] {
  const { instanceType } = sizes[tier];
  const hourly = types[instanceType];
  if (hourly === undefined) throw new Error(`ops/size/prices.ts has no price of ${instanceType}`);
  const alarms = alarmsOf("", "");
  const metrics = new Set(
    alarms.filter(({ namespace }) => namespace !== "AWS/EC2").map(({ metricName }) => metricName),
  );
  const lines: readonly CostLine[] = [
    { what: `EC2 ${instanceType}`, usd: hourly * hoursPerMonth },
    { what: "public address", usd: prices.address * hoursPerMonth },
    { what: `disks, ${rootGb} and ${dataGb} GB`, usd: (rootGb + dataGb) * prices.gp3 },
    { what: `snapshots, ${dataGb} GB`, usd: dataGb * prices.snapshot },
    { what: `copies of backups, ${copiesGb} GB`, usd: copiesGb * prices.s3 },
    { what: `images, ${assumed.imagesGb} GB`, usd: assumed.imagesGb * prices.ecr },
    {
      what: `${metrics.size} metrics, ${alarms.length} alarms`,
      usd: metrics.size * prices.metric + alarms.length * prices.alarm,
    },
    { what: `logs, ${assumed.logsGb} GB`, usd: assumed.logsGb * prices.logs },
    { what: "secret", usd: prices.secret },
  ];
  return lines.map(({ what, usd }) => ({ what, usd: Math.round(usd * 100) / 100 }));
}

/** US dollars a month, to the cent, as the lines are. */
export function sumOf(lines: readonly CostLine[]): number {
  return Math.round(lines.reduce((sum, { usd }) => sum + usd, 0) * 100) / 100;
}
