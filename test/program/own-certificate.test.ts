import { beforeAll, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

/** What the program does not read: whether they are certificates is the config's question. */
const pair = (mark: string) => ({ certificate: `the-certificate-${mark}\n`, key: new Secret(`the-key-${mark}`) });

const place = (tls: (typeof localSettings)["edge"]["tls"]) =>
  register(() => {
    new DockerPlatform(placementOf({ ...localSettings, edge: { ...localSettings.edge, tls } }));
  });

let internal: readonly Registered[];
let own: readonly Registered[];
let next: readonly Registered[];
beforeAll(async () => {
  internal = await place(localSettings.edge.tls);
  own = await place({ mode: "own", ...pair("one"), caRoot: "the-roots" });
  next = await place({ mode: "own", ...pair("two"), caRoot: "the-roots" });
}, 60_000);

const named = (from: readonly Registered[], name: string) => from.filter((each) => each.name === name);
const names = (from: readonly Registered[]) => from.map(({ qualified }) => qualified).sort();

test("a certificate of one's own adds its files and its roots, and nothing else", () => {
  const before = names(internal);
  const added = own.filter(({ qualified }) => !before.includes(qualified)).map(({ name }) => name);
  expect(added.sort()).toEqual(["edge-certificate", "edge-roots"]);
  expect(names(own)).toEqual(expect.arrayContaining(before));
});

test("the pair is a secret, written twice for root alone; so is the config that says where it is had", () => {
  const [files] = named(own, "edge-certificate");
  expect(files?.secrets).toEqual(["entries"]);
  const content = "the-certificate-one\nthe-key-one\n";
  expect(files?.inputs["entries"]).toEqual(
    ["own-a.pem", "own-b.pem"].map((path) => ({ path, type: "file", content, mode: 0o400, uid: 0, gid: 0 })),
  );
  expect(named(own, "edge-files")[0]?.secrets).toEqual(["entries"]);
  expect(JSON.stringify(named(own, "edge-files")[0]?.inputs)).not.toMatch(/the-key|the-certificate/);
});

test("another pair changes its files alone: the edge goes on", () => {
  const changed = next.filter((each) => {
    const [before] = own.filter(({ qualified, urn }) => qualified === each.qualified && urn === each.urn);
    return JSON.stringify(before?.inputs) !== JSON.stringify(each.inputs);
  });
  expect(changed.map(({ name }) => name)).toEqual(["edge-certificate"]);
});

test("the proof trusts the roots that config names, on the edge's data volume", () => {
  expect(named(own, "smoke-test")[0]?.inputs["edge"]).toMatchObject({
    target: { options: ['resolve = "tmws.localhost:8443:127.0.0.1"', 'cacert = "/data/slipway/ca-root.pem"'] },
    mounts: [{ volume: "slipway-local_edge-data", path: "/data", readOnly: true }],
  });
  expect(named(own, "edge-roots")[0]?.inputs["entries"]).toMatchObject([
    { path: "slipway/" },
    { path: "slipway/ca-root.pem", content: "the-roots" },
  ]);
});
