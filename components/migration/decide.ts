import { StepFailure } from "../steps/failure.ts";
import type { Journal } from "../steps/journal.ts";
import { factsOf, type SchemaWish, type Way, wayTo } from "./way.ts";

/**
 * The way from the revision that the data have to the wanted one; one decision for the rehearsal and the release. `knows` asks the image, which
 * takes a moment: only where the revision is another one.
 * @throws StepFailure with the commands that open a way when there is none
 */
export async function decide(
  journal: Journal,
  wish: SchemaWish,
  current: string | undefined,
  knows: (revision: string) => Promise<boolean>,
): Promise<Way> {
  const known = current === undefined || current === wish.schema.target || (await knows(current));
  const way = wayTo(factsOf(journal, wish, current, known));
  if ("refused" in way) throw new StepFailure(way.refused);
  return way;
}
