import { readFile, rm, writeFile } from "node:fs/promises";
import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { formatPath, valueAt } from "../../components/options/path.ts";
import { rawConfigOf, treeOfConfig } from "../env/config.ts";
import type { Entry } from "../env/plan.ts";
import { writeEntries } from "../env/stack.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { stackExists } from "../stack.ts";
import { stackFile } from "../stack-file.ts";
import { type DrillConfig, drillMark } from "./drill-config.ts";
import { removeVolume } from "./volumes.ts";

/** Makes the stack's file and its state, with the secrets of the stack that it is a copy of. */
export async function makeDrillStack(
  context: PulumiContext,
  source: PulumiContext,
  config: DrillConfig,
): Promise<void> {
  await writeFile(stackFile(context.stack), config.text);
  await askPulumi(context, ["stack", "init", "--no-select"]);
  if (config.secrets.length === 0) return;
  const said = await askPulumi(source, ["config", "--show-secrets", "--json"]);
  const tree = treeOfConfig(rawConfigOf(source.stack, said, config.text));
  await writeEntries(
    context,
    config.secrets.map(
      (path): Entry => ({ name: formatPath(path), path, value: valueAt(tree, path), secret: true, before: undefined }),
    ),
  );
}

/** Leaves nothing of it, however far it came. @throws Error when a stack of that name is somebody's own */
export async function removeDrillStack(context: PulumiContext, engine: Docker): Promise<void> {
  const file = stackFile(context.stack);
  const text = await readFile(file, "utf8").catch(() => undefined);
  const exists = await stackExists(context);
  if ((text !== undefined || exists) && text?.startsWith(drillMark) !== true)
    throw new Error(
      `stack ${context.stack} was not made by a drill, which needs that name: rename it with \`pulumi stack rename\``,
    );
  if (exists) {
    // A drill that was killed left its lock; nobody else works on this stack, because its source is leased.
    await askPulumi(context, ["cancel", "--yes"]).catch(() => undefined);
    await askPulumi(context, ["state", "unprotect", "--all", "--yes"]);
    await askPulumi(context, ["destroy", "--yes", "--skip-preview"]);
    await askPulumi(context, ["stack", "rm", "--yes", "--force", "--preserve-config"]);
  }
  await removeLeft(engine, context.stack);
  await rm(file, { force: true });
}

/** What no state knows: sessions that were cut off, volumes before their `up`. */
async function removeLeft(engine: Docker, stack: string): Promise<void> {
  const filters = { label: [`${label.stack}=${stack}`] };
  for (const { Id } of await engine.listContainers({ all: true, filters })) {
    await engine.getContainer(Id).remove({ force: true, v: true });
  }
  const { Volumes } = await engine.listVolumes({ filters });
  for (const { Name } of Volumes) await removeVolume(engine, Name);
}
