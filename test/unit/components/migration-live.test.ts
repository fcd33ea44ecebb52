import { describe, expect, test, vi } from "vitest";
import { migrateLive } from "../../../components/migration/live-in-cluster.ts";
import { journalOf } from "../../../components/rollout/cluster.ts";
import { emptyJournal, type Journal } from "../../../components/steps/journal.ts";
import { newImage, newStack, oldImage, overlapInputs, place, type Stack } from "../../doubles/stack.ts";

function migrate(
  { host }: Stack,
  image: string,
  target: string,
  journal: Journal = emptyJournal,
  back: "code" | "schema" | "" = "",
) {
  vi.useFakeTimers();
  const { data, dataSecrets, schema } = overlapInputs(image, target);
  const inputs = { schema, back, reads: [] };
  const done = migrateLive({ runner: host, place, journal }, inputs, { data, secrets: dataSecrets });
  return done.finally(() => vi.useRealTimers());
}

function stackAt(revision: string | undefined): Stack {
  const stack = newStack("overlap");
  stack.host.product.data.revision = revision;
  return stack;
}

const served = (image: string, revision: string): Journal =>
  journalOf([
    {
      name: "web",
      release: "1",
      seen: true,
      pods: { wanted: 1, all: 1, updated: 1, available: 1 },
      sets: [],
      served: JSON.stringify({ release: "1", image, revision, reads: [], since: "2026-01-01T00:00:00.000Z" }),
    },
  ]);

describe("the real migration in a cluster", () => {
  test.each([undefined, "a"])("takes data at %s to what the release wants", async (before) => {
    const stack = stackAt(before);
    await migrate(stack, newImage, "b");
    expect(stack.host.product.data.revision).toBe("b");
  });

  test("leaves data alone that are as wanted", async () => {
    expect(await migrate(stackAt("b"), newImage, "b")).toBe("nothing to migrate");
  });

  test("lets the release that serves be released again on the schema that one which was gone back from has left", async () => {
    const stack = stackAt("b");
    expect(await migrate(stack, oldImage, "a", served(oldImage, "a"))).toBe("nothing to migrate");
    expect(stack.host.product.data.revision).toBe("b");
  });

  test("refuses an older release that nobody said how to go back to", async () => {
    await expect(migrate(stackAt("b"), oldImage, "a", served(newImage, "b"))).rejects.toThrow(
      "slipway:rollout.back code",
    );
  });

  test("takes no data back beside users", async () => {
    const stack = stackAt("b");
    await expect(migrate(stack, oldImage, "a", served(newImage, "b"), "schema")).rejects.toThrow(
      "nothing holds users' requests while they go back",
    );
    expect(stack.host.product.data.revision).toBe("b");
  });
});
