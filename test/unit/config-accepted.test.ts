import { describe, expect, test } from "vitest";
import { limitsOf } from "../../components/app/options.ts";
import { Secret } from "../../components/options/secret.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import type { Settings } from "../../infra/config/settings.ts";
import type { RawConfig } from "../../infra/config/source.ts";
import { changed, digest, good, hexKey, rawOf, secure } from "./config-fixture.ts";

function settingsOf(raw: RawConfig): Settings {
  const reading = readSettings(raw);
  if ("problems" in reading) throw new Error(renderProblems(reading.problems));
  return reading.settings;
}

/** Guide 001's fail-secure defaults and guide 000's values. */
const appDefaults = {
  version: "2.4.0",
  schemaRevision: "20251124_v2_license",
  replicas: 1,
  apiKeyExpireDays: 90,
  logLevel: "INFO",
  environment: "production",
  licenseApi: "off",
  licenseDefaultTier: "FREE",
  licenseDefaultDurationDays: 30,
  authEnabled: true,
  rateLimitEnabled: true,
  securityHeadersEnabled: true,
  auditLogEnabled: true,
  namespaceIsolationEnabled: true,
  prometheusEnabled: true,
  extraEnv: {},
  secretEnv: {},
};

const proof = {
  file: "../proofs/blue.json",
  signOffs: { suites: "2.4.1: run 17", review: "2.4.1: change 12", rollbackPlan: "2.4.1: page 3" },
  renew: "2026-12-01",
};

const promotion = {
  from: "acme/slipway/staging",
  key: `MCowBQYDK2VwAyEA${"0123456789".repeat(4)}abc=`,
  window: { from: "02:00", to: "04:00", timeZone: "America/New_York", days: ["mon", "thu"] },
  override: "the outage of order 4711",
  signOffs: ["suites"],
  sharedSecrets: ["app.secretEnv.VENDOR_KEY"],
  mayDiffer: ["app.extraEnv.PAYMENT_URL"],
};

const aws = {
  shape: "host",
  availabilityZone: "a",
  vpc: { cidr: "10.20.0.0/16" },
  snapshots: { keep: 14 },
  backup: { bucket: true, lockDays: 0, keepDays: 90 },
  logDays: 30,
};

const kubernetes = {
  context: "blue",
  namespace: "team-blue",
  storageClass: "fast",
  volumeGb: 20,
  registry: "registry.acme.dev:5000/team",
  ingressClass: "nginx",
  issuer: "letsencrypt",
  nodePort: 30443,
  loadBalancer: { "service.beta.kubernetes.io/aws-load-balancer-ssl-ports": "3001" },
  monitoring: "monitoring",
  autoscale: { max: 6, min: 3, cpuPercent: 60 },
  postgres: { operator: "cloudnative-pg", instances: 3, operatorNamespace: "operators" },
};

const defaults = {
  project: "slipway",
  system: "tmws",
  platform: "docker",
  aws,
  kubernetes: {
    volumeGb: 10,
    loadBalancer: {},
    autoscale: { min: 2, cpuPercent: 70 },
    postgres: { operator: "none", operatorNamespace: "cnpg-system" },
  },
  tier: "small",
  registries: {},
  firewall: { enabled: true, ssh: { port: 22, sources: ["0.0.0.0/0", "::/0"] }, allow: {}, bySsh: false },
  tcp: { public: false, bind: "0.0.0.0", allow: [] },
  redis: { enabled: true },
  health: { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
  postgres: {},
  secrets: { rotate: {} },
  ollama: {
    mode: "off",
    model: "zylonai/multilingual-e5-large",
    dimensions: 1024,
    insecureRegistry: false,
    gpu: false,
  },
  rollout: {
    readyTimeoutSeconds: 60,
    stopGraceSeconds: 30,
    drainSeconds: 30,
    holdSeconds: 5,
    bakeSeconds: 60,
    migration: "expand",
    soakHours: 24,
  },
  proof: { signOffs: {} },
  release: "direct",
  promotion: { soakMinutes: 60, maxAgeHours: 168 },
  announce: {},
  backup: { keep: 30, windowDays: 30, baseHours: 24, slotMb: 4096 },
  offsite: { continuous: false, beforeRelease: true, keepDaily: 30, keepWeekly: 0, keepMonthly: 0 },
  data: { generation: 0 },
  prometheus: { enabled: true, retentionDays: 15, remoteWrite: {} },
  watch: { profile: "off" },
  alerts: { to: {}, smtp: {}, factor: 1 },
  logs: { count: false, ship: {} },
  policies: { except: {} },
  preflight: {},
  resources: {},
};

const limits = { bodyMb: 100, headerKb: 15, slowSeconds: 10, requestsPerMinute: 3000 };

describe("the least config", () => {
  test("local", () => {
    expect(settingsOf(rawOf("local", good.local))).toStrictEqual({
      ...defaults,
      stack: "local",
      environment: "local",
      firewall: { ...defaults.firewall, enabled: false },
      images: "debian",
      tcp: { public: false, bind: "127.0.0.1", allow: ["127.0.0.0/8"] },
      image: { kind: "build", build: { context: "test/workloads/tmws", dockerfile: "Dockerfile", args: {} } },
      edge: {
        domain: "tmws.localhost",
        httpsPort: 8443,
        httpPort: 0,
        tls: { mode: "internal", lifetimeMinutes: 720 },
        limits: { ...limits, requestsPerMinute: 0 },
      },
      app: { ...appDefaults, corsOrigins: ["https://tmws.localhost:8443"] },
    });
  });

  test("staging", () => {
    expect(settingsOf(rawOf("staging", good.staging))).toStrictEqual({
      ...defaults,
      watch: { profile: "small" },
      stack: "staging",
      environment: "staging",
      images: "official",
      image: {
        kind: "build",
        build: { context: "../tmws", dockerfile: "Dockerfile", target: "runtime", args: { VERSION: "2.4.0" } },
        commit: "0a1b2c3",
      },
      edge: {
        domain: "tmws.staging.acme.dev",
        httpsPort: 443,
        httpPort: 0,
        tls: { mode: "internal", lifetimeMinutes: 720 },
        limits,
      },
      app: { ...appDefaults, corsOrigins: ["https://tmws.staging.acme.dev"] },
    });
  });

  test("production", () => {
    expect(settingsOf(rawOf("production", good.production))).toStrictEqual({
      ...defaults,
      watch: { profile: "small" },
      stack: "production",
      environment: "production",
      images: "official",
      image: { kind: "ref", ref: `ghcr.io/acme/tmws:2.4.0@${digest}` },
      edge: {
        domain: "tmws.acme.dev",
        httpsPort: 443,
        httpPort: 80,
        tls: { mode: "acme", email: "ops@acme.dev" },
        limits,
      },
      app: { ...appDefaults, corsOrigins: ["https://tmws.acme.dev"] },
    });
  });
});

test("every option given", () => {
  const ca = "https://ca.acme.dev/directory";
  const raw = rawOf("blue", {
    system: "tmws",
    environment: "production",
    platform: "docker",
    aws,
    kubernetes,
    tier: "large",
    images: "debian",
    image: { ref: `registry.acme.dev:5000/team/tmws@${digest}`, commit: 1234567 },
    registries: { "registry.acme.dev:5000": { username: "robot", password: secure("a-Token-0") } },
    edge: {
      domain: "tmws.acme.dev",
      httpsPort: "8443",
      httpPort: 8080,
      tls: { mode: "acme", email: "ops@acme.dev", ca },
      limits: { bodyMb: 20, headerKb: "8", slowSeconds: 20, requestsPerMinute: 0 },
    },
    app: {
      version: "2.4.1",
      schemaRevision: "abc123",
      replicas: 1,
      secretKey: secure(hexKey),
      apiKeyExpireDays: 1,
      corsOrigins: ["https://a.dev", "https://b.dev:8443"],
      logLevel: "WARNING",
      environment: "production",
      licenseApi: "public",
      licenseDefaultTier: "PRO",
      licenseDefaultDurationDays: 365,
      prometheusEnabled: "false",
      extraEnv: { WORKERS: 4, TRACE: true, NAME: "x" },
      secretEnv: { TOKEN: secure("a-Secret-0") },
    },
    firewall: {
      enabled: "true",
      ssh: { port: "2222", sources: ["203.0.113.0/24"] },
      allow: { vpn: { port: "51820", protocol: "udp", sources: ["::/0"], reason: "the way in of the office" } },
    },
    tcp: {
      public: true,
      port: "4001",
      bind: "192.0.2.7",
      allow: ["203.0.113.0/24"],
      everybody: "no firewall knows them all",
    },
    redis: { enabled: false, password: secure("0123456789abcdef.~_-") },
    health: { intervalSeconds: 10, timeoutSeconds: 2, startPeriodSeconds: 0, retries: 5 },
    postgres: { ownerPassword: secure("0123456789abcdef-owner"), appPassword: secure("0123456789abcdef-app") },
    rollout: {
      readyTimeoutSeconds: 120,
      stopGraceSeconds: 10,
      drainSeconds: 0,
      holdSeconds: 10,
      bakeSeconds: 1800,
      migration: "contract",
      soakHours: 0,
      reads: ["0001_first", "0002_note"],
      back: "schema",
      retry: "0123456789abcdef",
    },
    proof,
    release: "direct",
    promotion: { ...promotion, soakMinutes: "0", maxAgeHours: 24 },
    announce: { webhook: secure("https://hooks.example.org/services/T0/B0/x1") },
    backup: { keep: 7, windowDays: 14, baseHours: 12, slotMb: 1024 },
    offsite: {
      url: "s3:https://s3.example.org/backups/tmws",
      password: secure("0123456789abcdef-copies"),
      keyId: "AKIA0",
      key: secure("a-key-of-the-bucket"),
      continuous: true,
      beforeRelease: false,
      keepDaily: 7,
      keepWeekly: 4,
      keepMonthly: 12,
    },
    data: { generation: 2 },
    prometheus: {
      enabled: false,
      retentionDays: 90,
      retentionMb: 4000,
      remoteWrite: { url: "https://metrics.acme.dev/write", bearer: secure("a-Token-0") },
    },
    watch: { profile: "small" },
    alerts: {
      to: {
        everybody: {
          webhook: secure("https://hooks.acme.dev/x1"),
          slack: secure("https://hooks.acme.dev/x1"),
          pagerduty: secure("0123456789abcdef0123456789abcdef"),
        },
        dba: { email: "dba@acme.dev" },
      },
      smtp: { host: "smtp.acme.dev:587", from: "slipway@acme.dev", username: "slipway", password: secure("a-Token-0") },
      factor: 1,
    },
    logs: {
      count: false,
      ship: { to: "splunk", url: "https://splunk.acme.dev:8088", token: secure("a-Token-0"), port: 5515 },
    },
    policies: { mode: "on", except: { "no-root": "a product that must be root" } },
    preflight: { override: "rehearsal on a small host", takeOver: "s3://states" },
    resources: { cpus: 1.5, memoryMb: 3000, pids: 400 },
  });
  expect(settingsOf(raw)).toStrictEqual({
    project: "slipway",
    stack: "blue",
    ollama: defaults.ollama,
    system: "tmws",
    environment: "production",
    platform: "docker",
    aws,
    kubernetes,
    tier: "large",
    images: "debian",
    image: { kind: "ref", ref: `registry.acme.dev:5000/team/tmws@${digest}`, commit: "1234567" },
    registries: { "registry.acme.dev:5000": { username: "robot", password: new Secret("a-Token-0") } },
    edge: {
      domain: "tmws.acme.dev",
      httpsPort: 8443,
      httpPort: 8080,
      tls: { mode: "acme", email: "ops@acme.dev", ca },
      limits: { bodyMb: 20, headerKb: 8, slowSeconds: 20, requestsPerMinute: 0 },
    },
    app: {
      ...appDefaults,
      version: "2.4.1",
      schemaRevision: "abc123",
      replicas: 1,
      secretKey: new Secret(hexKey),
      apiKeyExpireDays: 1,
      corsOrigins: ["https://a.dev", "https://b.dev:8443"],
      logLevel: "WARNING",
      licenseApi: "public",
      licenseDefaultTier: "PRO",
      licenseDefaultDurationDays: 365,
      prometheusEnabled: false,
      extraEnv: { WORKERS: "4", TRACE: "true", NAME: "x" },
      secretEnv: { TOKEN: new Secret("a-Secret-0") },
    },
    firewall: {
      enabled: true,
      ssh: { port: 2222, sources: ["203.0.113.0/24"] },
      allow: { vpn: { port: 51820, protocol: "udp", sources: ["::/0"], reason: "the way in of the office" } },
      bySsh: false,
    },
    tcp: {
      public: true,
      port: 4001,
      bind: "192.0.2.7",
      allow: ["203.0.113.0/24"],
      everybody: "no firewall knows them all",
    },
    redis: { enabled: false, password: new Secret("0123456789abcdef.~_-") },
    health: { intervalSeconds: 10, timeoutSeconds: 2, startPeriodSeconds: 0, retries: 5 },
    secrets: { rotate: {} },
    postgres: {
      ownerPassword: new Secret("0123456789abcdef-owner"),
      appPassword: new Secret("0123456789abcdef-app"),
    },
    rollout: {
      readyTimeoutSeconds: 120,
      stopGraceSeconds: 10,
      drainSeconds: 0,
      holdSeconds: 10,
      bakeSeconds: 1800,
      migration: "contract",
      soakHours: 0,
      reads: ["0001_first", "0002_note"],
      back: "schema",
      retry: "0123456789abcdef",
    },
    proof,
    release: "direct",
    promotion: { ...promotion, soakMinutes: 0, maxAgeHours: 24 },
    announce: { webhook: new Secret("https://hooks.example.org/services/T0/B0/x1") },
    backup: { keep: 7, windowDays: 14, baseHours: 12, slotMb: 1024 },
    offsite: {
      url: "s3:https://s3.example.org/backups/tmws",
      password: new Secret("0123456789abcdef-copies"),
      keyId: "AKIA0",
      key: new Secret("a-key-of-the-bucket"),
      continuous: true,
      beforeRelease: false,
      keepDaily: 7,
      keepWeekly: 4,
      keepMonthly: 12,
    },
    data: { generation: 2 },
    prometheus: {
      enabled: false,
      retentionDays: 90,
      retentionMb: 4000,
      remoteWrite: { url: "https://metrics.acme.dev/write", bearer: new Secret("a-Token-0") },
    },
    watch: { profile: "small" },
    alerts: {
      to: {
        everybody: {
          webhook: new Secret("https://hooks.acme.dev/x1"),
          slack: new Secret("https://hooks.acme.dev/x1"),
          pagerduty: new Secret("0123456789abcdef0123456789abcdef"),
        },
        dba: { email: "dba@acme.dev" },
      },
      smtp: {
        host: "smtp.acme.dev:587",
        from: "slipway@acme.dev",
        username: "slipway",
        password: new Secret("a-Token-0"),
      },
      factor: 1,
    },
    logs: {
      count: false,
      ship: { to: "splunk", url: "https://splunk.acme.dev:8088", token: new Secret("a-Token-0"), port: 5515 },
    },
    policies: { mode: "on", except: { "no-root": "a product that must be root" } },
    preflight: { override: "rehearsal on a small host", takeOver: "s3://states" },
    resources: { cpus: 1.5, memoryMb: 3000, pids: 400 },
  });
});

/** What a laptop and a rehearsal may do and production may not. */
test.each(["local", "staging"] as const)("%s may be lax", (stack) => {
  const lax = {
    "app.corsOrigins": ["*", "http://localhost:3000"],
    "app.logLevel": "DEBUG",
    "app.environment": "development",
    "app.authEnabled": false,
    "app.rateLimitEnabled": false,
    "app.auditLogEnabled": false,
  };
  const { app } = settingsOf(rawOf(stack, changed(stack, lax)));
  expect(app.corsOrigins).toEqual(["*", "http://localhost:3000"]);
  expect([app.logLevel, app.environment, app.authEnabled]).toEqual(["DEBUG", "development", false]);
});

test("a stack of another name is local unless it says otherwise", () => {
  expect(settingsOf(rawOf("feature-7", good.local)).environment).toBe("local");
  expect(settingsOf(rawOf("feature-7", { ...good.local, environment: "local" })).environment).toBe("local");
});

test("a stricter environment than the stack's name is allowed", () => {
  expect(settingsOf(rawOf("local", { ...good.production, environment: "production" })).environment).toBe("production");
});

test.each([
  ["small", { cpus: 2, memoryMb: 2048, pids: 256 }],
  ["medium", { cpus: 4, memoryMb: 4096, pids: 512 }],
  ["large", { cpus: 8, memoryMb: 8192, pids: 1024 }],
] as const)("limits of tier %s, and one option over them", (tier, limits) => {
  const { resources } = settingsOf(rawOf("local", { ...good.local, tier, resources: { memoryMb: 1024 } }));
  expect(limitsOf(tier, {})).toEqual(limits);
  expect(limitsOf(tier, resources)).toEqual({ ...limits, memoryMb: 1024 });
});
