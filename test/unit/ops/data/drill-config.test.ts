import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { stackNamePattern } from "../../../../components/container/spec.ts";
import { drillConfig, drillMark, drillName, hostOf } from "../../../../ops/data/drill-config.ts";

const production = `
encryptionsalt: v1:abc
config:
  docker:host: tcp://10.0.0.1:2375
  slipway:system: tmws
  slipway:edge:
    domain: tmws.acme.dev
    tls: { mode: acme, email: ops@acme.dev }
  slipway:tcp: { public: true, allow: [10.0.0.0/8] }
  slipway:announce:
    webhook: { secure: AAA }
  slipway:watch: { profile: full }
  slipway:alerts:
    to: { dba: { webhook: { secure: AAA } } }
  slipway:prometheus:
    retentionDays: 30
    remoteWrite: { url: "https://metrics.acme.dev/write", bearer: { secure: AAA } }
  slipway:preflight: { override: "a small host" }
  slipway:app:
    version: 2.4.0
    secretKey: { secure: BBB }
    secretEnv:
      THE_TOKEN: { secure: CCC }
  slipway:rollout: { bakeSeconds: 1800, back: data, reads: [a], holdSeconds: 9 }
  slipway:promotion: { from: staging, window: { from: "02:00", to: "04:00" } }
  slipway:data: { generation: 3 }
  slipway:host: ssh://deploy@example.org
`;
const { text, secrets } = drillConfig(production, { port: 40123, domain: "drill-production.localhost", generation: 1 });

describe("the config of a drill's stack", () => {
  test("is the stack's, without what reaches beyond it or waits for users", () => {
    expect(parse(text)).toEqual({
      config: {
        "docker:host": "tcp://10.0.0.1:2375",
        "slipway:system": "tmws",
        "slipway:environment": "local",
        "slipway:edge": {
          domain: "drill-production.localhost",
          httpsPort: 40123,
          httpPort: 0,
          tls: { mode: "internal" },
        },
        "slipway:app": { version: "2.4.0", secretEnv: {} },
        "slipway:rollout": { bakeSeconds: 0, holdSeconds: 9 },
        "slipway:prometheus": { retentionDays: 30 },
        "slipway:promotion": { from: "staging" },
        "slipway:data": { generation: 1 },
        "slipway:host": "ssh://deploy@example.org",
      },
    });
    expect(text.startsWith(drillMark)).toBe(true);
  });

  test("tells where secrets are to be given anew; the webhook is not among them", () => {
    expect(secrets).toEqual([
      ["app", "secretKey"],
      ["app", "secretEnv", "THE_TOKEN"],
    ]);
    expect(text).not.toMatch(/secure|AAA|BBB|CCC|encryptionsalt/);
  });
});

test("the least config is enough", () => {
  const least = drillConfig("config:\n  slipway:system: tmws\n", { port: 1, domain: "d.localhost", generation: 1 });
  expect(parse(least.text).config).toEqual({
    "slipway:system": "tmws",
    "slipway:environment": "local",
    "slipway:edge": { domain: "d.localhost", httpsPort: 1, httpPort: 0, tls: { mode: "internal" } },
    "slipway:data": { generation: 1 },
    "slipway:rollout": { bakeSeconds: 0 },
  });
  expect(least.secrets).toEqual([]);
});

test("it lies where the stack's sets are", () => {
  expect(hostOf(production)).toBe("ssh://deploy@example.org");
  expect(hostOf("config: {}")).toBeUndefined();
});

test("its name is a stack's name, the same each time, another for another stack", () => {
  const long = ["a23456789012345678901234567890x", "a23456789012345678901234567890y"];
  const names = ["local", "production", ...long].map(drillName);
  expect(names.slice(0, 2)).toEqual(["drill-local", "drill-production"]);
  for (const name of names) expect(name).toMatch(stackNamePattern);
  expect(new Set(names).size).toBe(names.length);
});
