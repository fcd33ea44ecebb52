import { withData } from "../backup/sets.ts";
import { label } from "../container/spec.ts";
import { exists, revisionOf } from "../migration/migrate.ts";
import type { Lease } from "../steps/lease.ts";
import type { Serving } from "./plan.ts";
import { definitionLabel, type RolloutInputs } from "./spec.ts";

/** What serves, read from the host: the journal's release, whether its container runs, what it is, which schema the data really have. */
export async function observeServing(lease: Lease, inputs: RolloutInputs): Promise<Serving | undefined> {
  const release = lease.journal.serving;
  if (release === undefined) return undefined;
  const workloads = await lease.runner.list({ [label.stack]: lease.place.stack, [label.release]: release.id });
  const container = workloads.find((each) => each.id === release.container);
  // Somebody removed it by hand: there is nothing to stop and nothing to go back to.
  if (container === undefined) return undefined;
  const env = new Map((await lease.runner.env(container.id)).map((line) => splitAt(line)));
  const { file } = inputs.data.database;
  const revision = await withData(lease.runner, lease.place, "observe", inputs.data, async (session) =>
    (await exists(session, file)) ? revisionOf(session, inputs.schema, file) : undefined,
  );
  return {
    release: { ...release, revision: revision ?? "" },
    running: container.state === "running",
    definition: container.labels[definitionLabel] ?? "",
    sameSecrets: Object.entries(inputs.secretEnv).every(([name, value]) => env.get(name) === value),
  };
}

function splitAt(line: string): readonly [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}
