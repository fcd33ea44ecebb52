import { describe, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { innerOf, type Peers, peersOf, reachOf } from "../../infra/platforms/docker/peers.ts";
import { ordersPlacement, placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const everybody = { everybody: { webhook: new Secret("https://hooks.example.org/x") } };
const watched: Settings = {
  ...localSettings,
  watch: { profile: "full" },
  alerts: { to: everybody, smtp: {}, factor: 1 },
  redis: { ...localSettings.redis, enabled: true },
};
const networks = (peers: Peers) =>
  Object.fromEntries(Object.keys(peers).map((name) => [name, innerOf(peers, name).join(" ")]));

describe("who is on which network", () => {
  test("TMWS on local: the switch and Prometheus are not where Redis is, and there is no third one", () => {
    expect(networks(peersOf(placementOf(localSettings)))).toEqual({
      app: "front private",
      switch: "front",
      redis: "private",
      prometheus: "front",
    });
  });

  test("orders, watched in full: Prometheus sees stores by exporters alone, workers see stores alone", () => {
    const peers = peersOf(ordersPlacement(watched));
    expect(networks(peers)).toEqual({
      web: "front private",
      worker: "private",
      switch: "front",
      postgres: "private",
      prometheus: "front metrics",
      "node-exporter": "metrics",
      "container-exporter": "metrics",
      "postgres-exporter": "metrics private",
      "blackbox-exporter": "metrics front",
      alertmanager: "metrics",
    });
    expect(reachOf(peers, "prometheus")).not.toContain("postgres");
    expect(reachOf(peers, "switch")).toEqual(["web", "prometheus", "blackbox-exporter"]);
    expect(reachOf(peers, "worker")).toEqual(["web", "postgres", "postgres-exporter"]);
  });

  test("the counter of lines meets Prometheus alone, where nothing else watches too", () => {
    const peers = peersOf(placementOf({ ...localSettings, logs: { count: true, ship: {} } }));
    expect(networks(peers)).toEqual({
      app: "front private",
      switch: "front",
      redis: "private",
      prometheus: "front metrics",
      "log-shipper": "metrics",
    });
    expect(reachOf(peers, "log-shipper")).toEqual(["prometheus"]);
  });

  test("blackbox exporter asks a store that answers http where it is, and finds the app there too", () => {
    const placement = placementOf(watched);
    const chroma = { enabled: true };
    const peers = peersOf({ ...placement, system: { ...placement.system, chroma } });
    expect(innerOf(peers, "blackbox-exporter")).toEqual(["metrics", "private"]);
  });
});

describe("whatever a stack has", () => {
  const all: readonly (readonly [string, Peers])[] = [
    ["TMWS", peersOf(placementOf(localSettings))],
    ["TMWS, watched", peersOf(placementOf(watched))],
    ["orders", peersOf(ordersPlacement(localSettings))],
    ["orders, watched", peersOf(ordersPlacement(watched))],
  ];

  test.each(all)("%s: each reaches whom it needs, and who is needed is there", (_, peers) => {
    for (const [name, { needs }] of Object.entries(peers)) {
      expect(Object.keys(peers)).toEqual(expect.arrayContaining([...needs]));
      expect(reachOf(peers, name), name).toEqual(expect.arrayContaining([...needs]));
    }
  });

  test.each(all)("%s: neither the switch nor Prometheus reaches a store", (_, peers) => {
    for (const name of ["switch", "prometheus"])
      expect(
        reachOf(peers, name).filter((each) => ["redis", "postgres", "chroma", "ollama", "archive"].includes(each)),
      ).toEqual([]);
  });
});
