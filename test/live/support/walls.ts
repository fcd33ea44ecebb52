import type { TestStack } from "./stack.ts";

/** Makes a test's stack one behind its firewall, on a host that only the test sees, reached by ssh. */
export async function guard(stack: TestStack, host: string): Promise<void> {
  await stack.set(["slipway:host"], host);
  await stack.set(["slipway:environment"], "staging");
  await stack.set(["slipway:images"], "debian");
  await stack.set(["slipway:firewall"], { enabled: true });
  await stack.set(["slipway:policies"], { mode: "off" });
  // Whose images that host has not.
  await stack.set(["slipway:watch"], { profile: "off" });
  await stack.set(["slipway:preflight"], { override: "a machine that only a test sees" });
  await stack.set(["slipway:rollout", "bakeSeconds"], 0);
}
