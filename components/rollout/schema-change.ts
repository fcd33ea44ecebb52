import { benchOn } from "../migration/bench.ts";
import type { Way } from "../migration/way.ts";
import type { Lease } from "../steps/lease.ts";
import type { Session } from "../steps/session.ts";
import { downgrade, putBack } from "./recover.ts";
import { accessOf, type RolloutInputs } from "./spec.ts";

/** Takes the live data to the schema that the release wants, by the decided way, and answers what a user wants to read of it. */
export async function changeSchema(lease: Lease, data: Session, inputs: RolloutInputs, way: Way): Promise<string> {
  const { schema } = inputs;
  const { runner, place } = lease;
  const access = accessOf(inputs);
  switch (way.way) {
    case "none":
    case "keep":
      return "nothing to migrate";
    case "upgrade":
      return benchOn(runner, place, "migration", data, access, schema, async (bench) => {
        const report = await bench.upgrade("live");
        await bench.prove(schema.target, "live");
        return report;
      });
    case "downgrade":
      await downgrade(lease, { access, schema }, { by: "downgrade", to: schema.target, image: way.image });
      return `downgraded to ${schema.target}`;
    case "restore": {
      // What was written since is in the set that "back-up" took.
      await putBack(lease, access, way.set);
      await benchOn(runner, place, "migration", data, access, schema, (bench) => bench.prove(schema.target, "live"));
      return `went back to the data of ${way.set}; those from before are in ${lease.journal.open?.set}`;
    }
    default:
      return way satisfies never;
  }
}
