import { expect, test } from "vitest";
import { factsOf } from "../../../../ops/data/facts.ts";
import { schema } from "./cluster-facts.ts";

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const urn = (type: string, name: string) => `urn:pulumi:local::slipway::slipway:docker:System$${type}::${name}`;
const data = {
  image: "sha256:app",
  user: "1000:1000",
  mounts: [{ volume: "slipway-local_data.g2", path: "/data" }],
  backupVolume: "slipway-local_backups",
  database: { kind: "sqlite", file: "/data/a.db" },
  directories: [],
  keep: 7,
};
const outputs = {
  place: { stack: "local", system: "own", generation: 2 },
  mode: "stop-first",
  data,
  dataSecrets: secret({ PGPASSWORD: "the-password" }),
  schema,
  times: { ready: 1, drain: 2, hold: 3 },
  further: secret("not looked at"),
};
const rolloutType = "pulumi-nodejs:dynamic/slipway:steps:Rollout";
const state = (resources: readonly unknown[]) => JSON.stringify({ version: 3, deployment: { resources } });

test("what the last up gave to the steps, secrets as their values", () => {
  const volume = "docker:index/volume:Volume";
  const container = "docker:index/container:Container";
  const facts = factsOf(
    "local",
    state([
      { urn: urn(volume, "data.g2"), type: volume, outputs: { name: "slipway-local_data.g2" } },
      { urn: urn(container, "redis"), type: container },
      { urn: urn(container, "edge"), type: container },
      { urn: urn(rolloutType, "rollout"), type: rolloutType, outputs },
    ]),
  );
  expect(facts).toEqual({
    place: { stack: "local", system: "own", generation: 2 },
    access: {
      data: { ...data, mounts: [{ ...data.mounts[0], readOnly: false }] },
      secrets: { PGPASSWORD: "the-password" },
    },
    schema,
    stores: [{ name: "redis", part: "redis-data" }],
    holdSeconds: 3,
    mode: "stop-first",
    volumes: new Map([["slipway-local_data.g2", urn(volume, "data.g2")]]),
  });
});

test.each([state([]), JSON.stringify({ version: 3, deployment: {} })])("nothing was released: %s", (text) => {
  expect(() => factsOf("blue", text)).toThrow(
    "stack blue runs no release, whose data this could be about: `npm start -- --stack blue`",
  );
});

test("a mount of plain files stays one: in a cluster nothing else says that it is no claim", () => {
  const trust = { volume: "trust", path: "/etc/slipway/trust", readOnly: true, plainFiles: true };
  const state = {
    deployment: {
      resources: [
        {
          urn: urn(rolloutType, "rollout"),
          type: rolloutType,
          outputs: {
            ...outputs,
            data: { ...data, database: { kind: "postgres", name: "own", image: "i", network: "n", trust } },
          },
        },
      ],
    },
  };
  expect(factsOf("local", JSON.stringify(state)).access.data.database).toMatchObject({ trust });
});
