import type { KnownSet } from "../../components/backup/manifest.ts";
import { takeWhole } from "../../components/backup/whole.ts";
import { redacted } from "../../components/steps/failure.ts";
import type { Arguments } from "../arguments.ts";
import { elsewhere } from "../platform.ts";
import { bytes } from "../status/words.ts";
import { backupThere } from "./cluster.ts";
import { copiesOf, offsiteFor, sendAway, withCopies } from "./offsite.ts";
import { renderSets } from "./render.ts";
import { listSets, openStack, wholeOf, withDataLease } from "./session.ts";
import { dataWishes } from "./wishes.ts";

const usage = "npm run backup [-- --stack NAME] [--list] [--json]";

/** Takes a set of everything now, or lists the sets that there are. */
export async function backup(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { flags } = dataWishes(wishes.rest, { usage, flags: ["--list", "--json"], choosesSet: false });
  if (elsewhere(wishes.stack) === "Kubernetes") return backupThere(wishes, flags);
  const json = flags.has("--json");
  const stack = await openStack(wishes, say);
  const offsite = await offsiteFor(stack);
  if (flags.has("--list")) {
    const [here, copies] = [await listSets(stack), await copiesOf(stack, offsite)];
    const sets = withCopies(here, copies);
    console.log(json ? JSON.stringify(sets) : renderSets(sets, wishes.stack, new Date()));
    return 0;
  }
  const whole = await wholeOf(stack);
  const taken = await redacted(Object.values(stack.facts.access.secrets), () =>
    withDataLease(stack, "backup", async (lease) => {
      const set = await takeWhole(lease, whole, "backup");
      if (offsite !== undefined) await sendAway(lease.runner, stack, offsite, set);
      return set;
    }),
  );
  const { set, kilobytes, manifest } = taken;
  if (json) {
    const listed: KnownSet = { name: set, purpose: "backup", kilobytes, ended: new Date(manifest.ended), manifest };
    console.log(JSON.stringify(listed));
    return 0;
  }
  const rows = Object.values(manifest.rows).reduce((sum, each) => sum + each, 0);
  const held = manifest.heldSeconds > 0 ? `, requests waited ${manifest.heldSeconds} s` : "";
  console.log(`${set}: ${bytes(kilobytes * 1024)}, ${rows} rows in ${Object.keys(manifest.rows).length} tables${held}`);
  if (offsite !== undefined) console.log(`a copy is in ${offsite.repository.url}`);
  if (!manifest.oneMoment)
    say(
      "some requests or workers were still at work while it was taken: what one of them wrote to several stores may be in one of them alone",
    );
  return 0;
}
