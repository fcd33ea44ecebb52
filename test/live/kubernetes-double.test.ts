/** The double of Pulumi's kubernetes provider against a real API server: what the other tests in a cluster rely on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolvePart } from "../../infra/images/resolve.ts";
import { Cluster } from "./support/cluster.ts";
import { ConformanceStack } from "./support/conformance.ts";
import { engine, eventually } from "./support/host.ts";

const idles = "touch /tmp/ready; trap 'exit 0' TERM; while :; do sleep 1; done";

let cluster: Cluster;
let stack: ConformanceStack;

const here = (...args: readonly string[]) => cluster.kubectl("--namespace", stack.namespace, ...args);
const up = () => stack.must("up", "--yes", "--skip-preview");
const nothingToDo = () => stack.must("preview", "--expect-no-changes");
/** Names of the program's own: a namespace has a ConfigMap of Kubernetes', too. */
const maps = async () =>
  (await here("get", "configmaps", "-l", "level", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
const uidOf = (object: string) => here("get", object, "-o", "jsonpath={.metadata.uid}");

beforeAll(async () => {
  cluster = await Cluster.up();
  await cluster.bringParts("curl");
  stack = await ConformanceStack.make(cluster);
  await stack.set("image", (await resolvePart(engine, "curl", "debian")).name);
  await stack.set("command", idles);
  await stack.set("label", "one");
  await stack.set("text", "first");
  await stack.set("word", "a-word-that-nobody-reads", "--secret");
});
afterAll(async () => {
  await stack.run("destroy", "--yes", "--skip-preview");
  await cluster.kubectl("delete", "namespace", stack.namespace, "--ignore-not-found");
  await stack.remove();
});

describe("create", () => {
  it("applies every object, awaits the pods, and the engine says whose work it is", async () => {
    expect(await up()).toMatch(
      /using pulumi-resource-kubernetes from \$PATH at \S+\/test\/doubles\/kubernetes-provider/,
    );
    expect(await here("get", "deployment/idle", "-o", "jsonpath={.status.availableReplicas}")).toBe("1");
    expect(await here("exec", "deployment/idle", "--", "printenv", "text")).toBe("first");
  });

  it("leaves nothing to do", () => nothingToDo());
});

describe("secrets", () => {
  it("reach the pod", async () => {
    expect(await here("exec", "deployment/idle", "--", "printenv", "word")).toBe("a-word-that-nobody-reads");
  });

  it("are in no state and no plan in clear", async () => {
    expect(await stack.must("stack", "export")).not.toContain("a-word-that-nobody-reads");
    await stack.set("word", "another-word", "--secret");
    expect(await stack.must("preview", "--diff")).not.toMatch(/another-word|a-word-that-nobody-reads/);
    expect(await up()).not.toContain("another-word");
    expect(await here("exec", "deployment/idle", "--", "printenv", "word")).toBe("another-word");
  });
});

describe("change", () => {
  it("of a label keeps the object", async () => {
    const [map = ""] = await maps();
    const uid = await uidOf(`configmap/${map}`);
    await stack.set("label", "two");
    await up();
    expect(await maps()).toEqual([map]);
    expect(await uidOf(`configmap/${map}`)).toBe(uid);
    expect(await here("get", `configmap/${map}`, "-o", "jsonpath={.metadata.labels.level}")).toBe("two");
  });

  it("of what is immutable makes another object first, rolls the pods, and removes the old one", async () => {
    const before = await maps();
    await stack.set("text", "second");
    await up();
    const now = await maps();
    expect(now).toHaveLength(1);
    expect(before).not.toContain(now[0]);
    expect(await here("exec", "deployment/idle", "--", "printenv", "text")).toBe("second");
    await nothingToDo();
  });

  it("that the API server refuses is told in its words, and changes nothing", async () => {
    await stack.set("label", "no label, this");
    const refused = await stack.run("up", "--yes", "--skip-preview");
    expect(refused.code).not.toBe(0);
    expect(refused.output).toMatch(/metadata\.labels: Invalid value/);
    await stack.set("label", "two");
    await nothingToDo();
  });
});

describe("a pod that does not come up", () => {
  it("fails `up` with its events and last words, and the next one goes on from there", async () => {
    const uid = await uidOf("deployment/idle");
    await stack.set("command", "echo these are its last words; exit 3");
    const failed = await stack.run("up", "--yes", "--skip-preview");
    expect(failed.code).not.toBe(0);
    expect(failed.output).toContain("these are its last words");
    expect(failed.output).toMatch(/BackOff/);
    await stack.set("command", idles);
    await up();
    expect(await uidOf("deployment/idle")).toBe(uid);
    expect(await here("get", "deployment/idle", "-o", "jsonpath={.status.availableReplicas}")).toBe("1");
    await nothingToDo();
  });
});

describe("drift", () => {
  it("is none when nobody changed anything", async () => {
    expect(await stack.must("refresh", "--yes", "--skip-preview")).not.toMatch(/updated|deleted/);
    await nothingToDo();
  });

  it("of a value is seen by a refresh, and mended", async () => {
    await here("scale", "deployment/idle", "--replicas=0");
    await stack.must("refresh", "--yes", "--skip-preview");
    expect((await stack.run("preview", "--expect-no-changes")).code).not.toBe(0);
    await up();
    expect(await here("get", "deployment/idle", "-o", "jsonpath={.status.availableReplicas}")).toBe("1");
  });

  it("of an object that is gone is seen by a refresh, and mended", async () => {
    const [map = ""] = await maps();
    await here("delete", "configmap", map);
    await stack.must("refresh", "--yes", "--skip-preview");
    await up();
    expect(await maps()).toHaveLength(1);
    expect(await here("exec", "deployment/idle", "--", "printenv", "text")).toBe("second");
    await nothingToDo();
  });
});

describe("delete", () => {
  it("removes all of it, and finds an object that is gone already gone", async () => {
    await here("delete", "deployment/idle");
    await stack.must("destroy", "--yes", "--skip-preview");
    await eventually("the namespace is gone", async () => {
      const found = await cluster.kubectl("get", "namespace", stack.namespace, "--ignore-not-found", "-o", "name");
      return found === "" ? true : undefined;
    });
  });
});
