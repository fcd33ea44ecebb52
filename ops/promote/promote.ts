import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { refusalsOf } from "../../infra/release/gate.ts";
import { renderRefusals } from "../../infra/release/refusal.ts";
import type { Prepared } from "../../toolchain/prepare.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { readStackConfig } from "../env/stack.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi } from "../pulumi.ts";
import { contextOf, stackExists } from "../stack.ts";
import { readStackFile, stackFile } from "../stack-file.ts";
import { start } from "../start.ts";
import { edited, sourceEdits } from "./edits.ts";
import { look, takenFrom } from "./look.ts";
import { renderDifference, type Serving } from "./show.ts";
import { promoteWishes } from "./wishes.ts";

/** Shows what a promotion would change and every reason against it, asks once, then updates the stack. */
export async function promote(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const wanted = promoteWishes(wishes.rest);
  const { stack } = wishes;
  const prepared = await prepareFor(wishes);
  const before = await readStackFile(stack);
  if (before === undefined)
    throw new Error(`there is no Pulumi.${stack}.yaml: name the stack that is promoted to with --stack`);
  const config = await readStackConfig(prepared, contextOf(prepared, stack), before);
  const source = sourceEdits(wanted.source);
  const first = await look(prepared, config, source);
  const now = new Date();
  if (!("none" in first.found))
    console.log(renderDifference(first.found.proof, first.receiver, await servingOn(prepared, stack), now));
  const edits = [...source, ...(wanted.take ? takenFrom(first) : [])];
  const { found, receiver } = wanted.take ? await look(prepared, config, edits) : first;
  const refusals = refusalsOf(found, receiver, now);
  if (refusals.length > 0) {
    console.error(`\n${renderRefusals(refusals, stack)}`);
    return 1;
  }
  for (const { path, value } of edits)
    say(`Pulumi.${stack}.yaml: slipway:${path.join(".")} ${value === undefined ? "goes" : `becomes ${String(value)}`}`);
  if (wanted.dryRun) {
    say("\na dry run: nothing was changed");
    return 0;
  }
  if (!wanted.yes && !(await agreed(`Promote to ${stack}?`))) {
    say("\nnothing was changed; --yes promotes without a question");
    return 1;
  }
  if (edits.length > 0) await writeFile(stackFile(stack), edited(before, edits));
  return start({ ...wishes, rest: [] }, say);
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
