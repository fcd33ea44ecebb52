import type { AlertReceiver } from "./alert-receiver.ts";
import type { Outside } from "./host.ts";
import { launch } from "./release.ts";
import { TestStack } from "./stack.ts";

/** orders with Redis and everything that watches; not launched yet, so that a test may set what is its own. */
export async function watchedStack(): Promise<TestStack> {
  const stack = await TestStack.orders("./test/live/support/orders-watched.system.ts");
  await stack.set(["slipway:redis"], undefined);
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  await stack.set(["slipway:watch"], { profile: "full" });
  return stack;
}

/** Its alerts go to the receiver. A secret wants a stack that is there. */
export async function launchTelling(stack: TestStack, receiver: AlertReceiver): Promise<Outside> {
  const made = await stack.pulumi("stack", "init", "--no-select");
  if (made.code !== 0) throw new Error(made.output);
  await stack.setSecret("slipway:alerts.to.everybody.webhook", await receiver.listen());
  return launch(stack);
}
