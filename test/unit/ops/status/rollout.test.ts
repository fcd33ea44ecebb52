/** What status says of a release that begins or ends while it looks: each question is one of several, and the host moves on between them. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { rollOut } from "../../../../components/rollout/reconcile.ts";
import type { Journal } from "../../../../components/steps/journal.ts";
import { withLease } from "../../../../components/steps/lease.ts";
import type { Runner } from "../../../../components/steps/runner.ts";
import { Unanswered } from "../../../../ops/status/means.ts";
import { rolloutNow } from "../../../../ops/status/rollout.ts";
import { useClock } from "../../../doubles/clock.ts";
import { newStack, oldImage, place, rolloutInputs, type Stack } from "../../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../../doubles/clock.ts"));
useClock();

const options = { purpose: "rollout", image: "sha256:app" };
const questions = [1, 2, 3, 4, 5, 6];
let stack: Stack;
let before: Journal | undefined;

beforeEach(async () => {
  stack = newStack();
  await rollOut(stack.host, rolloutInputs(oldImage, "a"));
  before = stack.host.journal();
});

/** The host, where something happens just before the n-th question. */
function meanwhile(n: number, act: () => Promise<void>): Runner {
  let asked = 0;
  const counted = async <T>(ask: () => Promise<T>): Promise<T> => {
    asked += 1;
    if (asked === n) await act();
    return ask();
  };
  const { host } = stack;
  return Object.assign(Object.create(host), {
    list: (labels: Record<string, string>) => counted(() => host.list(labels)),
    get: (id: string, path: string) => counted(() => host.get(id, path)),
  });
}

/** A release in its first phase, which goes on until it is told to end. */
async function begun() {
  const [open, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const release = withLease(stack.host, place, options, async (lease) => {
    const { journal } = lease;
    await lease.save({ ...journal, open: { release: "r2", phase: "create", held: false } });
    open.resolve();
    await end.promise;
    await lease.save(journal);
  });
  await open.promise;
  return async () => {
    end.resolve();
    await release;
  };
}

async function seen(runner: Runner) {
  const asker = new Unanswered((text) => text);
  const found = await rolloutNow({ runner, place }, before, asker);
  expect(asker.unanswered).toEqual([]);
  return found;
}

describe("a release is no deviation while its process lives", () => {
  test.each(questions)("that begins before question %i", async (n) => {
    const ends: (() => Promise<void>)[] = [];
    const runner = meanwhile(n, async () => {
      ends.push(await begun());
    });
    expect((await seen(runner)).deviation).toBeNull();
    for (const end of ends) await end();
  });

  test.each(questions)("that ends before question %i", async (n) => {
    const end = await begun();
    expect((await seen(meanwhile(n, end))).deviation).toBeNull();
    await end();
  });
});

test("one whose process has ended is a deviation", async () => {
  const end = await begun();
  stack.host.nextProcess();
  expect((await seen(stack.host)).deviation).toBe("a release is in progress or was cut off");
  await end();
});
