import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deploymentState, Objects, statefulState } from "../doubles/kubernetes-provider/objects.ts";
import { changesOf, clear, documentOf, replaces, seenIn } from "../doubles/kubernetes-provider/properties.ts";

const marked = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "the-secret" };
const urnOf = (type: string) => `urn:pulumi:s::p::slipway:kubernetes:System$${type}::app`;

describe("an object of the API", () => {
  test("has group and kind of its type, and secrets in clear", () => {
    const inputs = { metadata: { name: "app" }, stringData: { KEY: marked } };
    expect(documentOf(urnOf("kubernetes:core/v1:Secret"), inputs)).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "app" },
      stringData: { KEY: "the-secret" },
    });
    expect(documentOf(urnOf("kubernetes:networking.k8s.io/v1:Ingress"), inputs).apiVersion).toBe(
      "networking.k8s.io/v1",
    );
  });

  test("gets a name where the program gives none, and keeps it", () => {
    const urn = urnOf("kubernetes:core/v1:Secret");
    expect(documentOf(urn, {}).metadata?.name).toMatch(/^app-[0-9a-f]{8}$/);
    expect(documentOf(urn, {}, { metadata: { name: "app-1" } }).metadata?.name).toBe("app-1");
  });

  test("loses marks at every depth", () => {
    expect(clear([{ a: marked }])).toEqual([{ a: "the-secret" }]);
  });
});

describe("a change", () => {
  const before = { __inputs: { metadata: { name: "a" }, stringData: { KEY: marked }, spec: { x: 1, y: 2 } } };
  const same = { spec: { y: 2, x: 1 }, metadata: { name: "a" }, stringData: { KEY: marked } };

  test("is none when the same is said in another order", () => {
    expect(changesOf(before, same)).toEqual([]);
  });

  test("is told of what was dropped too", () => {
    const { spec: _, ...less } = same;
    expect(changesOf(before, less)).toEqual(["spec"]);
  });

  const other = { ...same, stringData: { KEY: "another" } };
  test.each([
    ["a Secret's content", "kubernetes:core/v1:Secret", other, ["stringData"]],
    ["a name", "kubernetes:apps/v1:Deployment", { ...same, metadata: { name: "b" } }, ["metadata"]],
    ["a label", "kubernetes:apps/v1:Deployment", { ...same, metadata: { name: "a", labels: {} } }, []],
    ["a spec", "kubernetes:apps/v1:Deployment", { ...same, spec: {} }, []],
  ])("of %s", (_, type, news, replaced) => {
    const changed = changesOf(before, news);
    expect(changed).toHaveLength(1);
    expect(replaces(urnOf(type), before, news, changed)).toEqual(replaced);
  });
});

describe("what a live object says", () => {
  const inputs = {
    metadata: { labels: { a: "1" } },
    stringData: { KEY: marked },
    spec: { ports: [{ port: 1 }], tls: [] },
  };
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const live = {
    metadata: { uid: "u", labels: { a: "1", added: "by others" } },
    data: { KEY: encoded("the-secret") },
    spec: { ports: [{ port: 1, protocol: "TCP" }], filledIn: true },
  };

  test("is what was said, when nothing of that has changed", () => {
    expect(seenIn(inputs, live)).toEqual(inputs);
  });

  test.each([
    ["another value", { ...live, metadata: { labels: { a: "2" } } }, { metadata: { labels: { a: "2" } } }],
    ["a value that is gone", { ...live, metadata: {} }, { metadata: {} }],
    [
      "one more in a list",
      { ...live, spec: { ports: [{ port: 1 }, { port: 2 }] } },
      { spec: { ports: [{ port: 1 }, { port: 2 }], tls: [] } },
    ],
    [
      "another secret, still marked",
      { ...live, data: { KEY: encoded("x") } },
      { stringData: { KEY: { ...marked, value: "x" } } },
    ],
  ])("tells %s", (_, changed, told) => {
    expect(seenIn(inputs, changed)).toEqual({ ...inputs, ...told });
  });
});

test("no program knows the double: it is on the PATH of tests alone", () => {
  const product = ["infra", "components", "ops", "toolchain", "policy"].flatMap((folder) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(product.length).toBeGreaterThan(500);
  expect(
    product.filter((file) => /kubernetes-provider|pulumi-resource-kubernetes/.test(readFileSync(file, "utf8"))),
  ).toEqual([]);
});

describe("a workload is ready", () => {
  const metadata = { generation: 2 };
  const began = new Date(10_000);
  const whole = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
  const deployment = (status: object) =>
    deploymentState({ metadata, status } as Parameters<typeof deploymentState>[0], began);

  test("when the newest generation is there alone and available", () => {
    expect(deployment(whole)).toBe("ready");
    expect(deployment({ ...whole, observedGeneration: 1 })).toBe("coming");
    expect(deployment({ ...whole, replicas: 2 })).toBe("coming");
    expect(deployment({ ...whole, availableReplicas: 0 })).toBe("coming");
  });

  test("never, once its deadline is over", () => {
    const late = (at: number) => {
      const progress = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
      return deployment({
        ...whole,
        availableReplicas: 0,
        conditions: [{ ...progress, lastUpdateTime: new Date(at) }],
      });
    };
    expect(late(11_000)).toBe("failed");
    // Of the rollout before.
    expect(late(9_000)).toBe("coming");
  });

  test("for a server when its newest revision answers", () => {
    const set = (status: object) => statefulState({ metadata, status } as Parameters<typeof statefulState>[0]);
    const there = {
      observedGeneration: 2,
      readyReplicas: 1,
      updatedReplicas: 1,
      currentRevision: "a",
      updateRevision: "b",
    };
    expect(set(there)).toBe("ready");
    expect(set({ ...there, updatedReplicas: 0 })).toBe("coming");
    expect(set({ ...there, readyReplicas: 0 })).toBe("coming");
  });
});

test("what its maker waits for himself is not awaited", async () => {
  const metadata = { name: "web", annotations: { "pulumi.com/skipAwait": "true" } };
  // No cluster is there to ask: it would fail.
  await expect(new Objects().ready({ kind: "Deployment", metadata })).resolves.toBeUndefined();
});
