import { beforeAll, expect, test } from "vitest";
import { switchUid } from "../../components/switch/spec.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const edge = {
  domain: "guest.localhost",
  httpsPort: 9443,
  httpPort: 0,
  tls: { mode: "shared", stack: "main", ca: "internal" },
  limits: { bodyMb: 100, headerKb: 15, slowSeconds: 10, requestsPerMinute: 0 },
} as const;

let all: readonly Registered[];
let own: readonly Registered[];

beforeAll(async () => {
  all = await register(() => {
    new DockerPlatform(placementOf({ ...localSettings, edge }));
  });
  own = await register(() => {
    new DockerPlatform(placementOf(localSettings));
  });
}, 60_000);

const inputs = (from: readonly Registered[], name: string) => from.find((each) => each.name === name)?.inputs;

test("a stack that shares an edge lacks the edge's resources, and no other", () => {
  const names = new Set(all.map(({ name }) => name));
  expect(
    own
      .map(({ name }) => name)
      .filter((name) => !names.has(name))
      .sort(),
  ).toEqual(["edge", "edge", "edge-config", "edge-data", "edge-files", "edge-guard", "edge-limits"]);
});

test("it claims its host names in the owner's volume, for the user that its switch runs as", () => {
  const place = { stack: "local", system: "tmws" };
  expect(inputs(all, "switch-hosts")).toMatchObject({
    place,
    volume: "slipway-main_run",
    hosts: ["guest.localhost"],
    uid: switchUid(place, "main"),
  });
  expect(inputs(own, "switch-hosts")).toMatchObject({
    volume: "slipway-local_run",
    hosts: ["tmws.localhost"],
    uid: 99,
  });
});

test("its proof asks at the owner's port and trusts the owner's CA", () => {
  expect(inputs(all, "smoke-test")?.["edge"]).toEqual({
    target: {
      base: "https://guest.localhost:9443",
      options: ['resolve = "guest.localhost:9443:127.0.0.1"', 'cacert = "/data/caddy/pki/authorities/local/root.crt"'],
    },
    from: "host",
    mounts: [{ volume: "slipway-main_edge-data", path: "/data", readOnly: true }],
  });
});

test("a destroy removes the guard of an own edge before the proof, and so before anything else", () => {
  const guard = own.find(({ name }) => name === "edge-guard");
  expect(guard?.dependencies.map((urn) => urn.split("::").at(-1))).toEqual(["smoke-test"]);
});
