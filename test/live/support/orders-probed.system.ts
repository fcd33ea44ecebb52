import type { Probe } from "../../../components/probe/spec.ts";
import orders from "../../workloads/orders/system.ts";

/** Orders with every probe asked inside the network too: a candidate that takes no order is found out before the switch. */
export default {
  options: orders.options,
  system: (settings: Parameters<typeof orders.system>[0]) => {
    const system = orders.system(settings);
    const inside = system.probes.filter(({ via }) => via === "edge").map(insideOf);
    return { ...system, probes: [...system.probes, ...inside] };
  },
};

/** With an order of its own: the smoke test asks both. */
function insideOf(probe: Probe): Probe {
  const own: Probe = JSON.parse(JSON.stringify(probe).replaceAll("slipway-smoke-test", "slipway-smoke-test-inside"));
  return { ...own, name: `${probe.name}, inside`, via: "network" };
}
