import { readFile } from "node:fs/promises";
import { z } from "zod";
import { dataAt, partOf, readerRequest, restoreBeside } from "../../components/backup/beside.ts";
import { chooseSet, isOwn, type KnownSet } from "../../components/backup/manifest.ts";
import { backupPath } from "../../components/backup/spec.ts";
import { resourceName } from "../../components/container/spec.ts";
import { messageOf, redact } from "../../components/steps/failure.ts";
import { journalPath } from "../../components/steps/journal.ts";
import { drillSamples, writeMetrics } from "../../components/steps/metrics.ts";
import { withSession } from "../../components/steps/session.ts";
import type { Arguments } from "../arguments.ts";
import { freePort } from "../free-port.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { contextOf } from "../stack.ts";
import { stackFile } from "../stack-file.ts";
import { drillConfig, drillName, hostOf } from "./drill-config.ts";
import { makeDrillStack, removeDrillStack } from "./drill-stack.ts";
import { rowCount } from "./render.ts";
import { type DataStack, listSets, openStack, withDataLease } from "./session.ts";
import { makeVolumes } from "./volumes.ts";
import { dataWishes } from "./wishes.ts";

const usage = "npm run drill [-- --stack NAME] [--json]";

/** What a drill found out; kept beside the sets, a line each. */
interface Drill {
  readonly stack: string;
  readonly set: string;
  readonly when: string;
  readonly ok: boolean;
  readonly why?: string;
  /** From nothing to serving and proved. */
  readonly rtoSeconds: number;
  /** What would have been lost, had the host been lost when the drill began: all since the set's copy began. */
  readonly rpoSeconds: number;
  /** Since the set was complete. */
  readonly ageSeconds: number;
  readonly rows: number;
  /** Whether the set says how many rows it has: one that a release took does not. */
  readonly rowsCompared: boolean;
  /** Probes of the smoke test that passed. */
  readonly probes: readonly string[];
}

/** Restores the newest set into a throw-away stack, proves it by the smoke test, tells how long that took, removes it. */
export async function drill(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { flags } = dataWishes(wishes.rest, { usage, flags: ["--json"], choosesSet: false });
  const stack = await openStack(wishes, say);
  const name = drillName(wishes.stack);
  const text = await readFile(stackFile(wishes.stack), "utf8");
  // On the same host as the stack's, which has the sets.
  const host = wishes.host ?? hostOf(text);
  const context = contextOf(await prepareFor({ stack: name, system: undefined, host }), name);
  await removeDrillStack(context, stack.engine);
  const sets = (await listSets(stack)).filter(isOwn);
  // A set of everything proves more than one of a release, which has no stores and counts no rows.
  const whole = sets.filter(({ manifest }) => manifest !== undefined);
  const set = chooseSet(whole.length > 0 ? whole : sets, { set: undefined, at: undefined }, wishes.stack);
  const result = await carryOut(stack, context, set, say);
  await record(stack, result);
  console.log(flags.has("--json") ? JSON.stringify(result) : render(result));
  return result.ok ? 0 : 1;
}

async function carryOut(
  stack: DataStack,
  context: PulumiContext,
  set: KnownSet,
  say: (line: string) => void,
): Promise<Drill> {
  const began = Date.now();
  const since = (moment: Date) => Math.round((began - moment.getTime()) / 1000);
  const facts = {
    stack: stack.facts.place.stack,
    set: set.name,
    when: new Date(began).toISOString(),
    rpoSeconds: since(set.manifest === undefined ? set.ended : new Date(set.manifest.began)),
    ageSeconds: since(set.ended),
    rowsCompared: set.manifest !== undefined,
  };
  const took = () => Math.round((Date.now() - began) / 100) / 10;
  try {
    say(`restoring ${set.name} into the throw-away stack ${context.stack}`);
    const rows = await fill(stack, context, set);
    say(`launching ${context.stack} on it`);
    const probes = await launch(context);
    return { ...facts, ok: true, rtoSeconds: took(), rows: rowCount(rows), probes };
  } catch (error) {
    const why = redact(messageOf(error), Object.values(stack.facts.access.secrets));
    return { ...facts, ok: false, why, rtoSeconds: took(), rows: 0, probes: [] };
  } finally {
    say(`removing ${context.stack}`);
    await removeDrillStack(context, stack.engine);
  }
}

/** The set onto volumes of the throw-away stack; no release removes it meanwhile. */
async function fill(
  stack: DataStack,
  context: PulumiContext,
  set: KnownSet,
): Promise<Readonly<Record<string, number>>> {
  const { facts, runner, engine } = stack;
  const { place, access, stores } = facts;
  const { data } = access;
  const target = { stack: context.stack, system: place.system, generation: 1 };
  const mounted = [...data.mounts.map(({ volume }) => partOf(volume, place)), ...stores.map(({ part }) => part)];
  const parts = [...new Set(data.database.kind === "postgres" ? [...mounted, "postgres-data"] : mounted)];
  const config = drillConfig(await readFile(stackFile(place.stack), "utf8"), {
    port: await freePort(),
    domain: `${context.stack}.localhost`,
    generation: target.generation,
  });
  return withDataLease(stack, "drill", async () => {
    await makeDrillStack(context, stack.context, config);
    await makeVolumes(engine, target, parts);
    const beside = { place: target, data: dataAt(data, place, target), stores, kept: [] };
    return restoreBeside(runner, { place, data }, beside, { set, spare: set.name });
  });
}

const outputs = z.object({ proved: z.array(z.string()) });

async function launch(context: PulumiContext): Promise<readonly string[]> {
  await askPulumi(context, ["up", "--yes", "--skip-preview"]);
  return outputs.parse(JSON.parse(await askPulumi(context, ["stack", "output", "--json"]))).proved;
}

const recordFile = "drills.jsonl";
const kept = 100;

async function record({ runner, facts }: DataStack, result: Drill): Promise<void> {
  const request = readerRequest(facts.access.data);
  const journal = {
    volume: resourceName({ stack: facts.place.stack, system: facts.place.system }, "journal"),
    path: journalPath,
  };
  const mounts = [...request.mounts.map((mount) => ({ ...mount, readOnly: false })), journal];
  await withSession(runner, facts.place, "record", { ...request, mounts }, async ({ id }) => {
    const before = (await runner.get(id, `${backupPath}/${recordFile}`)) ?? "";
    const lines = [...before.split("\n").filter((line) => line !== ""), JSON.stringify(result)].slice(-kept);
    const content = `${lines.join("\n")}\n`;
    await runner.put(id, backupPath, [{ path: recordFile, type: "file", content, mode: 0o644, uid: 0, gid: 0 }]);
    await writeMetrics(runner, id, "drill", drillSamples(result));
  });
}

function render({ ok, why, set, rtoSeconds, rpoSeconds, ageSeconds, rows, rowsCompared, probes }: Drill): string {
  if (!ok) return `the drill failed after ${rtoSeconds} s with ${set}:\n${why}`;
  return [
    `${set} was restored, served and was proved`,
    `  RTO   ${rtoSeconds} s until it served`,
    `  RPO   ${rpoSeconds} s of writes would have been lost`,
    `  age   ${ageSeconds} s`,
    `  rows  ${rows}${rowsCompared ? ", as the set says" : ", which this set does not count"}`,
    `  smoke test: ${probes.join(", ")}`,
  ].join("\n");
}
