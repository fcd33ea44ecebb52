import { beforeAll, describe, expect, test } from "vitest";
import { definitionOf, type RolloutInputs, secretNames, workloadName } from "../../components/rollout/spec.ts";
import type { Placement } from "../../infra/platforms/docker/placement.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { ordersPlacement, placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const place = (placement: Placement) =>
  register(() => {
    new DockerPlatform(placement);
  });

/** The fingerprints that Rollout would write into labels, by workload. */
function fingerprints(all: readonly Registered[]): Record<string, string> {
  const found = all.find(({ name, type }) => name === "rollout" && type.endsWith(":Rollout"));
  const inputs = found?.inputs as unknown as RolloutInputs;
  return Object.fromEntries(
    inputs.workloads.map((plan) => [workloadName(plan), definitionOf(plan, secretNames(inputs, plan))]),
  );
}

let tmws: Record<string, string>;
let orders: Record<string, string>;
beforeAll(async () => {
  tmws = fingerprints(await place(placementOf(localSettings)));
  orders = fingerprints(await place(ordersPlacement(localSettings)));
}, 60_000);

// A fingerprint that changes releases every stack at its next `up`, with nothing new in it: only on purpose, and said in the commit.
describe("the definitions of running systems", () => {
  test("of TMWS", () => {
    expect(tmws).toEqual({ app: "0d8d3dedaaaa1454" });
  });

  test("of the orders example", () => {
    expect(orders).toEqual({ web: "3e106b5c1b93506b", worker: "642f64a92f64d40c" });
  });
});
