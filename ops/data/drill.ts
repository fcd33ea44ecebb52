import { readFile } from "node:fs/promises";
import { z } from "zod";
import { dataAt, partOf, restoreBeside } from "../../components/backup/restore-beside.ts";
import { backupPath, readerRequest } from "../../components/backup/spec.ts";
import { type Place, resourceName } from "../../components/container/spec.ts";
import { messageOf, redact } from "../../components/steps/failure.ts";
import { journalPath } from "../../components/steps/journal.ts";
import { drillSamples, writeMetrics } from "../../components/steps/metrics.ts";
import { withSession } from "../../components/steps/session.ts";
import type { Arguments } from "../arguments.ts";
import { freePort } from "../free-port.ts";
import { elsewhere } from "../platform.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { assertStack, contextOf } from "../stack.ts";
import { stackFile } from "../stack-file.ts";
import { drillConfig, drillName, hostOf } from "./drill-config.ts";
import { type Drill, renderDrill } from "./drill-report.ts";
import { copySource, type DrillSource, hostSource, type ReadySet } from "./drill-source.ts";
import { makeDrillStack, removeDrillStack } from "./drill-stack.ts";
import { rowCount } from "./render.ts";
import { type DataStack, openStack, withDataLease } from "./session.ts";
import { makeVolumes } from "./volumes.ts";
import { dataWishes } from "./wishes.ts";

const usage = "npm run drill [-- --stack NAME] [--offsite] [--json]";

/** Restores the newest set, or its copy off the host, into a throw-away stack, proves it by the smoke test, tells how long that took, removes it. */
export async function drill(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { flags } = dataWishes(wishes.rest, { usage, flags: ["--json", "--offsite"], choosesSet: false });
  if (elsewhere(wishes.stack) === "AWS' own parts") return onAws(wishes, flags, say);
  const stack = await openStack(wishes, say);
  const name = drillName(wishes.stack);
  const text = await readFile(stackFile(wishes.stack), "utf8");
  // On the same host as the stack's, which has the sets.
  const host = wishes.host ?? hostOf(text);
  const context = contextOf(await prepareFor({ stack: name, system: undefined, host }), name);
  await removeDrillStack(context, stack.engine);
  const source = flags.has("--offsite") ? await copySource(stack) : await hostSource(stack);
  const result = await carryOut(stack, context, source, say);
  await record(stack, result);
  console.log(flags.has("--json") ? JSON.stringify(result) : renderDrill(result));
  return result.ok ? 0 : 1;
}

/** Of a stack whose parts AWS runs. */
async function onAws(wishes: Arguments, flags: ReadonlySet<string>, say: (line: string) => void): Promise<number> {
  if (flags.has("--offsite"))
    throw new Error(
      "--offsite: snapshots of RDS have no copy that could be fetched; without it the newest is restored",
    );
  // Loaded here alone: AWS' clients are no part of any other drill.
  const { drillOnAws } = await import("./managed/drill.ts");
  const context = contextOf(await prepareFor(wishes), wishes.stack);
  await assertStack(context);
  return drillOnAws(context, flags.has("--json"), say);
}

async function carryOut(
  stack: DataStack,
  context: PulumiContext,
  source: DrillSource,
  say: (line: string) => void,
): Promise<Drill> {
  const began = Date.now();
  const { place } = stack.facts;
  const target = { stack: context.stack, system: place.system, generation: 1 };
  const took = () => Math.round((Date.now() - began) / 100) / 10;
  const start = { stack: place.stack, from: source.from, when: new Date(began).toISOString() };
  let facts: Pick<Drill, "set" | "log" | "rpoSeconds" | "ageSeconds" | "rowsCompared"> = {
    set: source.what,
    rowsCompared: false,
  };
  try {
    say(`restoring ${source.what} into the throw-away stack ${context.stack}`);
    const rows = await withDataLease(stack, "drill", async () => {
      const ready = await source.ready(target);
      facts = factsOf(ready, began);
      return fill(stack, context, target, ready);
    });
    say(`launching ${context.stack} on it`);
    const probes = await launch(context);
    return { ...start, ...facts, ok: true, rtoSeconds: took(), rows: rowCount(rows), probes };
  } catch (error) {
    const why = redact(messageOf(error), Object.values(stack.facts.access.secrets));
    return { ...start, ...facts, ok: false, why, rtoSeconds: took(), rows: 0, probes: [] };
  } finally {
    say(`removing ${context.stack}`);
    await removeDrillStack(context, stack.engine);
  }
}

function factsOf({ set: { name, ended, manifest }, moment }: ReadySet, began: number) {
  const since = (moment: Date) => Math.round((began - moment.getTime()) / 1000);
  return {
    set: name,
    ...(moment !== undefined && { log: moment.at.toISOString() }),
    rpoSeconds: since(moment?.at ?? (manifest === undefined ? ended : new Date(manifest.began))),
    ageSeconds: since(ended),
    // A log goes on where the set ended.
    rowsCompared: manifest !== undefined && moment === undefined,
  };
}

/** The set onto volumes of the throw-away stack. */
async function fill(
  { facts, runner, engine, context: source }: DataStack,
  context: PulumiContext,
  target: Place,
  { set, backupVolume, moment }: ReadySet,
): Promise<Readonly<Record<string, number>>> {
  const { place, access, stores } = facts;
  const { data } = access;
  const mounted = [...data.mounts.map(({ volume }) => partOf(volume, place)), ...stores.map(({ part }) => part)];
  const parts = [...new Set(data.database.kind === "postgres" ? [...mounted, "postgres-data"] : mounted)];
  const config = drillConfig(await readFile(stackFile(place.stack), "utf8"), {
    port: await freePort(),
    domain: `${context.stack}.localhost`,
    generation: target.generation ?? 0,
  });
  await makeDrillStack(context, source, config);
  await makeVolumes(engine, target, parts);
  const moved = { ...dataAt(data, place, target), backupVolume };
  // What is in no set comes from where the set was: with a copy there is nothing but the copy.
  const alone = backupVolume !== data.backupVolume;
  const now = alone ? { place: target, data: moved } : { place, data };
  // As at a first start: a fresh volume gets its folders and their owner from the product's image, which mounts it where it belongs.
  if (alone) {
    const own = { ...readerRequest(moved), image: moved.image, mounts: moved.mounts };
    await withSession(runner, target, "keeper", own, async () => undefined);
  }
  const beside = { place: target, data: moved, stores, kept: [] };
  // Whether the image knows the schema its launch tells.
  const recover = moment && { moment, schema: facts.schema, accepts: async () => undefined };
  return (await restoreBeside(runner, now, beside, { set, spare: set.name, ...(recover && { recover }) })).rows;
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
