import { describe, expect, test } from "vitest";
import { addressOf, networkRoute, tokensOf } from "../../infra/platforms/routes.ts";
import { wantedPorts } from "../../infra/preflight/judge.ts";
import { systemOf } from "../../infra/systems/index.ts";
import type { System } from "../../infra/systems/system.ts";
import { edgePort, readOutputs, renderReports } from "../../ops/outputs.ts";
import { localSettings } from "../fixtures/settings.ts";

const tmws = systemOf(localSettings);
const raw: System = { ...tmws, routes: [], tcp: [{ alias: "mcp", port: 8080, listen: 3001 }] };
const host = { host: "unix:///nowhere.sock", place: { stack: "local", system: "aidis" } };
const on = (httpsPort: number) => ({ ...localSettings, edge: { ...localSettings.edge, httpsPort } });

describe("a system without https", () => {
  test("says in words where it is; one with https says its address as before", () => {
    expect(addressOf(raw, localSettings)).toBe("tcp://switch:3001 (private network)");
    const open = { ...localSettings, tcp: { ...localSettings.tcp, public: true, port: 4001 } };
    expect(addressOf(raw, open)).toBe("tls://tmws.localhost:4001");
    expect(addressOf({ ...raw, tcp: [] }, localSettings)).toBe("no address (its workloads answer nobody)");
    expect(addressOf(tmws, localSettings)).toBe("https://tmws.localhost:8443");
    expect(addressOf(tmws, on(443))).toBe("https://tmws.localhost");
  });

  test("wants no port of the host", () => {
    expect(wantedPorts(raw, localSettings)).toEqual([]);
    expect(wantedPorts(tmws, { ...localSettings, edge: { ...localSettings.edge, httpPort: 0 } })).toEqual([
      { option: "edge.httpsPort", port: 8443 },
    ]);
  });

  test("wants the shipper's port, of UDP, where logs are shipped", () => {
    const shipped = (port?: number) => ({
      ...localSettings,
      logs: { ship: { to: "loki" as const, ...(port && { port }) } },
    });
    expect(wantedPorts(raw, shipped())).toEqual([{ option: "logs.ship.port", port: 5514, protocol: "udp" }]);
    expect(wantedPorts(raw, shipped(7514))).toEqual([{ option: "logs.ship.port", port: 7514, protocol: "udp" }]);
  });

  test("is reached on the front network", () => {
    expect(networkRoute(host, raw)).toEqual({
      target: { base: "http://mcp:8080", options: [] },
      from: "slipway-local_front",
      mounts: [],
    });
  });

  test("whose probes are commands sends no token", () => {
    const probe = {
      kind: "command",
      name: "v",
      via: "network",
      workload: "mcp",
      argv: ["v"],
      timeoutSeconds: 1,
    } as const;
    expect(tokensOf({ ...raw, probes: [probe] }, { key: "secret" })).toEqual({});
  });
});

describe("what npm start says at its end", () => {
  test("the port of an edge, and none without one", () => {
    expect(edgePort("https://tmws.localhost:8443")).toBe(8443);
    expect(edgePort("https://tmws.localhost")).toBe(443);
    expect(edgePort(addressOf(raw, localSettings))).toBeUndefined();
  });

  test("a line for each line that a probe reported, and no paragraph without", () => {
    const text = JSON.stringify({ url: "u", proved: [], reports: { validates: ["one", "two"], other: ["three"] } });
    const { reports } = readOutputs(text);
    expect(renderReports(reports)).toEqual(["  validates: one\n  validates: two\n  other: three"]);
    expect(renderReports(readOutputs('{"url":"u"}').reports)).toEqual([]);
  });
});
