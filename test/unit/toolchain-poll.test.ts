import { describe, expect, it } from "vitest";
import { type Clock, NotYet, until } from "../../toolchain/poll.ts";

/** Stands still but for pauses and what a look takes. */
function clockOf() {
  const clock = { ms: 1000, pauses: [] as number[] };
  const own: Clock = {
    now: () => clock.ms,
    pause: async (ms) => {
      clock.ms += ms;
      clock.pauses.push(ms);
    },
  };
  return { own, clock };
}

/** Answers one after the other; a number is one that is not there yet. */
function looks(...answers: readonly (string | number)[]) {
  const left = [...answers];
  return async () => {
    const next = left.shift();
    if (next === undefined) throw new Error("it was looked once too often");
    return typeof next === "number" ? new NotYet(next) : next;
  };
}

describe("until", () => {
  it("answers the first look without a pause", async () => {
    const { own, clock } = clockOf();
    expect(await until(looks("there"), { seconds: 10, everyMs: 500, late: "it", clock: own })).toBe("there");
    expect(clock.pauses).toEqual([]);
  });

  it("pauses between looks, and takes any answer that is not NotYet", async () => {
    const { own, clock } = clockOf();
    expect(await until(looks(1, 2, ""), { seconds: 10, everyMs: 500, late: "it", clock: own })).toBe("");
    expect(clock.pauses).toEqual([500, 500]);
  });

  it("says who did not do what, how long that was waited for, and what was seen last", async () => {
    const { own, clock } = clockOf();
    const waited = until(looks(1, 2, 3), { seconds: 1, everyMs: 500, late: "the part did not start", clock: own });
    await expect(waited).rejects.toThrow(/^the part did not start within 1 s: 3$/);
    expect(clock.pauses).toEqual([500, 500]);
  });

  it("says so when nothing was seen", async () => {
    const silent = until(async () => new NotYet(" \n"), { seconds: 0, everyMs: 1, late: "it did not answer" });
    await expect(silent).rejects.toThrow(/^it did not answer within 0 s: no answer$/);
  });

  it("looks once when there is no time at all", async () => {
    const { own, clock } = clockOf();
    const late = (seen: number) => `late with ${seen}`;
    expect(await until(looks(7), { seconds: 0, everyMs: 500, late, clock: own })).toBe("late with 7");
    expect(clock.pauses).toEqual([]);
  });

  it("counts what a look takes", async () => {
    const { own, clock } = clockOf();
    const slow = async () => {
      clock.ms += 700;
      return new NotYet(clock.ms);
    };
    expect(await until<number, number>(slow, { seconds: 1, everyMs: 100, late: (seen) => seen, clock: own })).toBe(
      2500,
    );
    expect(clock.pauses).toEqual([100]);
  });

  it("throws what `late` throws, also later", async () => {
    const { own } = clockOf();
    const late = async (seen: number) => {
      throw new Error(`gave up at ${seen}`);
    };
    await expect(until(looks(1), { seconds: 0, everyMs: 1, late, clock: own })).rejects.toThrow("gave up at 1");
  });

  it("ends with what a look throws, and looks no more", async () => {
    const { own, clock } = clockOf();
    const broken = async () => {
      throw new Error("the container is gone");
    };
    const waited = until(broken, { seconds: 10, everyMs: 500, late: "it", clock: own });
    await expect(waited).rejects.toThrow("the container is gone");
    expect(clock.pauses).toEqual([]);
  });

  it("waits for ever when it may", async () => {
    const { own, clock } = clockOf();
    const waits = Array.from({ length: 5000 }, (_, at) => at);
    const patience = { seconds: Number.POSITIVE_INFINITY, everyMs: 60_000, late: "it", clock: own };
    expect(await until(looks(...waits, "there"), patience)).toBe("there");
    expect(clock.pauses).toHaveLength(5000);
  });
});
