import { expect, it } from "vitest";
import { secretSignature, signature } from "../../../ops/preview/mask.ts";
import { recordedOf } from "../../../ops/recorded/recorded.ts";
import { readState } from "../../../ops/stack-state.ts";

const secret = (value: unknown) => ({ [signature]: secretSignature, plaintext: JSON.stringify(value) });
const step = (type: string, name: string, outputs: object) => ({
  type: `pulumi-nodejs:dynamic/slipway:steps:${type}`,
  urn: `urn:pulumi:local::slipway::x$y::${name}`,
  outputs,
});

const rollout = {
  host: "unix:///var/run/docker.sock",
  place: { stack: "local", system: "orders" },
  version: "1.0.0",
  release: "r1",
  bake: {
    triggers: [{ kind: "count", name: "t", promql: "p", guide: "g", above: 0 }],
    prometheus: "http://prometheus:9090",
  },
  gate: secret({ probeImage: "sha256:1", tokens: { apiKey: "token-of-the-api" } }),
  data: { user: "1000:1000", backupVolume: "b", database: { kind: "postgres", name: "orders" } },
  schema: { target: "0002", revisionSql: "SELECT 1" },
  workloads: [
    { container: { labels: { "slipway.part": "web" } }, duty: { kind: "web", port: 1, path: "/health", json: {} } },
  ],
  secretEnv: secret({ web: { ORDERS_DATABASE_URL: "postgresql://app:p%40ss-word@postgres:5432/orders" } }),
  dataSecrets: secret({ PGPASSWORD: "owner-password" }),
  webhook: secret(""),
  seconds: { create: 0.016 },
  warnings: ["slow", "old"],
  heldSeconds: 0,
};

const key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----";
const other = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----";
const resources = [
  {
    type: "pulumi:pulumi:Stack",
    urn: "urn:pulumi:local::slipway::s::slipway-local",
    outputs: { url: "https://a.localhost", image: { name: "a:1" } },
  },
  {
    type: "random:index/randomPassword:RandomPassword",
    urn: "urn::redis-password",
    outputs: { result: secret("generated-password") },
  },
  {
    type: "docker:index/container:Container",
    urn: "urn::redis",
    outputs: { labels: [{ label: "slipway.part", value: "redis" }] },
  },
  step("Authority", "authority", { ends: "2036-11-25T00:00:00.000Z", key: secret(`${key}\n`), certificate: "public" }),
  step("Files", "switch-files", { entries: secret([{ path: "public.pem", content: `a certificate\n${other}\n` }]) }),
  step("Rollout", "rollout", rollout),
  step("SmokeTest", "smoke-test", {
    provedRelease: "r1",
    proved: ["a", "b"],
    edge: { target: { base: "https://a.localhost", options: [] }, mounts: [] },
  }),
];
const state = (all: readonly object[]) => readState(JSON.stringify({ deployment: { resources: all } }));

it("a state becomes what is looked at again", () => {
  const { rollout: read, ...found } = recordedOf(state(resources));
  expect(found).toEqual({
    url: "https://a.localhost",
    image: { name: "a:1" },
    edge: { target: { base: "https://a.localhost", options: [] }, mounts: [] },
    parts: ["redis"],
    certificates: [{ name: "authority", ends: "2036-11-25T00:00:00.000Z" }],
    steps: [
      {
        name: "rollout",
        lines: ["release: r1", "heldSeconds: 0", "seconds.create: 0.016", "warnings: slow", "warnings: old"],
      },
      { name: "smoke-test", lines: ["provedRelease: r1", "proved: a", "proved: b"] },
    ],
    secrets: [
      "generated-password",
      key,
      other,
      "postgresql://app:p%40ss-word@postgres:5432/orders",
      "p%40ss-word",
      "p@ss-word",
      "owner-password",
      "token-of-the-api",
    ],
  });
  expect(read).toMatchObject({ version: "1.0.0", gate: { probeImage: "sha256:1" } });
});

it("before the first release there is no rollout, and nothing fails", () => {
  expect(recordedOf(state([]))).toEqual({
    url: "",
    image: {},
    rollout: undefined,
    edge: undefined,
    parts: [],
    certificates: [],
    steps: [],
    secrets: [],
  });
});

it("a state of another version says what it lacks, and how to mend it", () => {
  const old = step("Rollout", "rollout", { ...rollout, schema: { target: "0002" } });
  expect(() => recordedOf(state([old]))).toThrow(
    "the state keeps rollout as another version of Slipway wrote it (schema.revisionSql); `npm start` writes it anew",
  );
});
