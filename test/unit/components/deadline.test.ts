import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inTime } from "../../../components/steps/deadline.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("work that is in time is answered, or fails as it fails, and no timer is left", async () => {
  expect(await inTime(Promise.resolve("done"), 5, "late")).toBe("done");
  await expect(inTime(Promise.reject(new Error("broken")), 5, "late")).rejects.toThrow("broken");
  expect(vi.getTimerCount()).toBe(0);
});

test("work that never ends is answered for when its time is over, not before", async () => {
  let answer = "none yet";
  const waiting = inTime(new Promise<string>(() => undefined), 5, "late").then((found) => {
    answer = found;
  });
  await vi.advanceTimersByTimeAsync(4999);
  expect(answer).toBe("none yet");
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(answer).toBe("late");
});
