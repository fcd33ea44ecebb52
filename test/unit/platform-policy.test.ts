import { describe, expect, test } from "vitest";
import type { Settings } from "../../infra/config/settings.ts";
import { policyOf } from "../../infra/platforms/policy.ts";
import { tmws } from "../../infra/systems/tmws.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

describe("how a stack releases", () => {
  test("the defaults", () => {
    expect(policyOf(tmws(localSettings), localSettings)).toEqual({
      mode: "stop-first",
      environment: "local",
      version: "2.4.0",
      times: { ready: 60, drain: 30, hold: 5 },
      back: "",
      reads: [],
      kind: "expand",
      soakHours: 24,
      retry: "",
      acceptSchema: "",
      webhook: "",
    });
  });

  test("as the config says", () => {
    const settings: Settings = {
      ...productionSettings,
      rollout: {
        ...productionSettings.rollout,
        readyTimeoutSeconds: 1,
        drainSeconds: 2,
        holdSeconds: 3,
        migration: "contract",
        soakHours: 0,
        reads: ["0001_first"],
        back: "schema",
        retry: "0123456789abcdef",
        acceptSchema: "fedcba9876543210",
      },
    };
    expect(policyOf({ ...tmws(settings), mode: "overlap" }, settings)).toEqual({
      mode: "overlap",
      environment: "production",
      version: "2.4.0",
      times: { ready: 1, drain: 2, hold: 3 },
      back: "schema",
      reads: ["0001_first"],
      kind: "contract",
      soakHours: 0,
      retry: "0123456789abcdef",
      acceptSchema: "fedcba9876543210",
      webhook: given.webhook,
    });
  });
});
