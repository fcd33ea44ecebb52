import { expect, test } from "vitest";
import { generationProblem } from "../../infra/preflight/volumes.ts";

const onHost = ["backups", "data", "data.g2", "redis-data", "run"];

test.each([
  [onHost, 0],
  [onHost, 2],
  // A new host, or one where only what is no data is left.
  [[], 7],
  [["backups", "edge-data"], 7],
])("%j serves generation %i", (volumes, generation) => {
  expect(generationProblem(volumes, generation, "blue")).toBeUndefined();
});

test("one that nobody made is refused before anything is made", () => {
  expect(generationProblem(onHost, 1, "blue")).toBe(
    "slipway:data.generation is 1, which is not on this host; there is 0, 2. A restore makes the next one and writes it there: put back what stood there, `pulumi config set --path slipway:data.generation 2 --stack blue`",
  );
});
