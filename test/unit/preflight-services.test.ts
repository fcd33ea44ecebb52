import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { observeServices } from "../../infra/preflight/services.ts";
import { FargateApi } from "../doubles/fargate-api.ts";

let api: FargateApi;
beforeEach(async () => {
  api = await FargateApi.start();
  for (const [name, value] of Object.entries(api.variables)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await api.stop();
});

test("before the first release there is no cluster, and nothing serves", async () => {
  expect(await observeServices("eu-central-1", "blue")).toEqual({});
  expect(api.of("ListServices")).toEqual([{ cluster: "slipway-blue", maxResults: 100 }]);
});

test("what AWS refuses is told, and not taken for nothing", async () => {
  api.denies = true;
  await expect(observeServices("eu-central-1", "blue")).rejects.toThrow("not authorized");
});
