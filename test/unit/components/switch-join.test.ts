import { beforeEach, expect, test } from "vitest";
import { labelsFor } from "../../../components/container/spec.ts";
import step, { join } from "../../../components/switch/join.step.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { container, newStack, place } from "../../doubles/stack.ts";

const networks = { from: "slipway-test_private", to: "slipway-test_front" };
const inputs = { place, workloads: ["app"], ...networks };
let host: MemoryHost;
beforeEach(() => {
  host = newStack().host;
});

/** A replica as it was before there was a front network. */
function replica(part: string, stack = place.stack): string {
  const alias = `${part}-r1-0`;
  const id = host.place({
    ...container(part, "sha256:app"),
    name: `slipway-${stack}_${alias}`,
    labels: labelsFor({ ...place, stack }, part, "workload"),
  });
  const box = host.box(id);
  box.networks = { [networks.from]: [part, alias, id.slice(0, 2)] };
  return id;
}

test("replicas that answer users are known on the switch's network as before, running or kept; nobody else joins", async () => {
  const [serving, kept, worker, foreign] = [
    replica("app"),
    replica("app-kept"),
    replica("worker"),
    replica("app", "b"),
  ];
  host.box(kept).labels["slipway.part"] = "app";
  host.box(serving).state = "running";
  await join(host, inputs);
  expect(host.box(serving).networks[networks.to]).toEqual(["app", "app-r1-0"]);
  expect(host.box(kept).networks[networks.to]).toEqual(["app-kept", "app-kept-r1-0", "app"]);
  for (const id of [worker, foreign]) expect(Object.keys(host.box(id).networks)).toEqual([networks.from]);
  expect(host.box(serving).networks[networks.from]).toContain("app-r1-0");
});

test("a second time it connects nobody, and nobody who is made there already", async () => {
  const id = replica("app");
  await join(host, inputs);
  const made = replica("app-new");
  host.box(made).labels["slipway.part"] = "app";
  host.box(made).networks = { [networks.from]: ["app"], [networks.to]: ["app"] };
  const before = host.trace.length;
  await join(host, inputs);
  expect(host.trace.slice(before).filter((call) => call.startsWith("connect"))).toEqual([]);
  expect(host.box(id).networks[networks.to]).toEqual(["app", "app-r1-0"]);
});

test("runs again for a network that was made again, and for nothing else", () => {
  const all = { ...inputs, host: "unix:///x.sock", network: "n1" };
  expect(step.changed(all, all)).toEqual([]);
  expect(step.changed(all, { ...all, network: "n2" })).toEqual(["network"]);
});
