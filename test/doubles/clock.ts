import { beforeEach, vi } from "vitest";

/** The host's clock in a test: it stands still but for the host's calls and the step's own pauses. */
export function useClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: new Date("2026-01-01T00:00:00Z") });
    vi.spyOn(performance, "now").mockImplementation(() => Date.now());
    return () => {
      vi.useRealTimers();
      vi.restoreAllMocks();
    };
  });
}

/** In place of `node:timers/promises`: `vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"))`. */
export async function setTimeout(milliseconds: number): Promise<void> {
  vi.setSystemTime(Date.now() + milliseconds);
}
