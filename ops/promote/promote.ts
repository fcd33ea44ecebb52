import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { observeDeviation } from "../../components/rollout/deviation.ts";
import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import { namesOfParts } from "../../infra/images/all.ts";
import { refusalsOf } from "../../infra/release/gate.ts";
import { receiverOf } from "../../infra/release/promotion.ts";
import { renderRefusals } from "../../infra/release/refusal.ts";
import type { Prepared } from "../../toolchain/prepare.ts";
import type { Arguments } from "../arguments.ts";
import { type Value, withEntries } from "../env/config.ts";
import { readStackConfig } from "../env/stack.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi } from "../pulumi.ts";
import { contextOf, stackExists } from "../stack.ts";
import { stackFile, withoutValue, withValue } from "../stack-file.ts";
import { start } from "../start.ts";
import { proofFor } from "./read.ts";
import { renderDifference, type Serving } from "./show.ts";
import { type PromoteWishes, promoteWishes } from "./wishes.ts";

/** Shows what a promotion would change and every reason against it, asks once, then updates the stack. */
export async function promote(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const wanted = promoteWishes(wishes.rest);
  const { stack } = wishes;
  const prepared = await prepareFor(wishes);
  const before = await readFile(stackFile(stack), "utf8").catch(() => undefined);
  if (before === undefined)
    throw new Error(`there is no Pulumi.${stack}.yaml: name the stack that is promoted to with --stack`);
  const text = withSource(before, wanted.source);
  const context = contextOf(prepared, stack);
  const { raw, system } = await readStackConfig(prepared, context, before);
  const reading = readSettings(withEntries(raw, entriesOf(wanted.source)));
  if ("problems" in reading) {
    console.error(renderProblems(reading.problems));
    return 1;
  }
  const { settings } = reading;
  if (settings.release === "direct")
    throw new Error(
      `stack ${stack} takes no proof: pulumi config set slipway:release promoted --stack ${stack}, or name it: --from staging`,
    );
  const found = await proofFor(prepared, settings);
  const engine = engineClient(prepared.dockerHost);
  const seen = await observeDeviation(dockerRunner(prepared.dockerHost), { stack, system: system.name });
  const parts = await namesOfParts(engine, system, settings);
  const receiver = await receiverOf(found, system, settings, { ...seen, parts });
  const now = new Date();
  if (!("none" in found)) console.log(renderDifference(found.proof, receiver, await servingOn(prepared, stack), now));
  const refusals = refusalsOf(found, receiver, now);
  if (refusals.length > 0) {
    console.error(`\n${renderRefusals(refusals, stack)}`);
    return 1;
  }
  if (wanted.dryRun) {
    say("\na dry run: nothing was changed");
    return 0;
  }
  if (!wanted.yes && !(await agreed(stack))) {
    say("\nnothing was changed; --yes promotes without a question");
    return 1;
  }
  if (text !== before) await writeFile(stackFile(stack), text);
  return start({ ...wishes, rest: [] }, say);
}

/** The stack's file with what the command line says of the proof. */
function withSource(text: string, source: PromoteWishes["source"]): string {
  if (source === undefined) return text;
  const [[key, value] = ["", ""]] = Object.entries(source);
  const other = key === "from" ? "file" : "from";
  return withoutValue(withValue(withValue(text, ["release"], "promoted"), ["promotion", key], value), [
    "promotion",
    other,
  ]);
}

function entriesOf(source: PromoteWishes["source"]): readonly Value[] {
  if (source === undefined) return [];
  const both = { from: undefined, file: undefined, ...source };
  return [
    { path: ["release"], value: "promoted", secret: false },
    ...Object.entries(both).map(([key, value]) => ({ path: ["promotion", key], value, secret: false })),
  ];
}

const outputs = z.looseObject({
  image: z.object({ digest: z.string().optional(), commit: z.string().optional() }).default({}),
  promotion: z.union([z.looseObject({ version: z.string() }), z.literal("")]).default(""),
});

/** What the stack's last update said; a stack without one says nothing. */
async function servingOn(prepared: Prepared, stack: string): Promise<Serving> {
  const context = contextOf(prepared, stack);
  const said = (await stackExists(context)) ? await askPulumi(context, ["stack", "output", "--json"]) : "{}";
  const { image, promotion } = outputs.parse(JSON.parse(said));
  const version = promotion === "" ? "" : promotion.version;
  return { version, commit: image.commit ?? "", digest: image.digest ?? "" };
}

/** Asks on a terminal; where there is none nobody agrees. */
async function agreed(stack: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`\nPromote to ${stack}? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
