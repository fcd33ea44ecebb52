import { sizes } from "../../components/machine/tiers.ts";
import type { Tier } from "../../components/options/tier.ts";
import type { Arguments } from "../arguments.ts";
import { wordsApart } from "../arguments.ts";
import { costOf, sumOf } from "./cost.ts";
import { databaseGb, managedCostOf } from "./managed.ts";
import { planFor, type Wanted } from "./plan.ts";
import { asOf } from "./prices.ts";

const example = "npm run size -- --users 500 --data 50GB [--testing] [--stack production]";

/** @throws Error in words for the user */
export function wantedOf(rest: readonly string[]): Wanted {
  const words = [...wordsApart(rest, ["--users", "--data"])];
  const given: Record<string, string> = {};
  const testing = words.includes("--testing");
  for (const [at, word] of words.entries())
    if (word === "--users" || word === "--data") given[word] = words[at + 1] ?? "";
    else if (word !== "--testing" && !["--users", "--data"].includes(words[at - 1] ?? ""))
      throw new Error(`${word}: unknown; ${example}`);
  const users = given["--users"] ?? "";
  const [, data, unit] = /^(\d+(?:\.\d+)?)(MB|GB|TB)$/i.exec(given["--data"] ?? "") ?? [];
  if (!/^[1-9]\d{0,6}$/.test(users)) throw new Error(`--users ${users}: allowed is a whole number from 1; ${example}`);
  if (data === undefined)
    throw new Error(`--data ${given["--data"] ?? ""}: allowed are numbers with MB, GB or TB; ${example}`);
  const factor = { MB: 0.001, GB: 1, TB: 1000 }[unit?.toUpperCase() ?? ""] ?? 1;
  return { users: Number(users), dataGb: Number(data) * factor, testing };
}

/** What fits, what it costs, and the commands that set it. */
export function renderSize(wanted: Wanted, stack: string): string {
  const { tier, guide, dataGb, copiesGb, keep } = planFor(wanted);
  const { instanceType, cores, memoryGb } = sizes[tier];
  const lines = costOf(tier, dataGb, copiesGb);
  const total = sumOf(lines);
  return [
    `${wanted.users} users, ${wanted.dataGb} GB of data: tier ${tier}, ${cores} cores, ${memoryGb} GB of memory, ${dataGb} GB of disk (${guide})`,
    "",
    "On a machine of your own with as much:",
    set(stack, "tier", tier),
    set(stack, "backup.keep", keep),
    `On AWS (${instanceType}), before npm run host, also:`,
    set(stack, "platform", "aws"),
    set(stack, "aws.dataGb", dataGb),
    set(stack, "aws.budgetUsd", budgetOf(total)),
    "",
    `US dollars a month on AWS, list prices of ${asOf} in us-east-1, from public knowledge; check them:`,
    ...lines.map(({ what, usd }) => row(what, usd)),
    row("together", total),
    "",
    ...managedLines(tier, wanted.dataGb, stack),
  ].join("\n");
}

/** The same where AWS runs the parts, for systems on PostgreSQL. */
function managedLines(tier: Tier, dataGb: number, stack: string): readonly string[] {
  const gb = databaseGb(tier, dataGb);
  const multiAz = stack === "production";
  const lines = managedCostOf(tier, gb, multiAz);
  const total = sumOf(lines);
  return [
    `On parts that AWS runs (PostgreSQL alone), ${multiAz ? "two zones" : "one zone"}:`,
    set(stack, "platform", "aws"),
    set(stack, "aws.shape", "managed"),
    set(stack, "aws.databaseGb", gb),
    set(stack, "aws.budgetUsd", budgetOf(total)),
    ...lines.map(({ what, usd }) => row(what, usd)),
    row("together", total),
  ];
}

function set(stack: string, path: string, value: string | number): string {
  return `  pulumi config set ${path.includes(".") ? "--path " : ""}slipway:${path} ${value} --stack ${stack}`;
}

function row(what: string, usd: number): string {
  return `  ${what.padEnd(34)} ${usd.toFixed(2).padStart(8)}`;
}

function budgetOf(total: number): number {
  return Math.ceil((total * 1.2) / 10) * 10;
}

/** `npm run size`: which tier and host a number of users wants, and what that costs on AWS by list prices. */
export function size({ rest, stack }: Arguments): number {
  console.log(renderSize(wantedOf(rest), stack));
  return 0;
}
