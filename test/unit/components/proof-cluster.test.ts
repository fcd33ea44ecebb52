import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { provedThere } from "../../../components/proof/cluster.step.ts";
import { proveThere } from "../../../components/proof/reconcile.ts";
import { isSignedBy, newKeyPair } from "../../../components/proof/sign.ts";
import type { ProofInputs } from "../../../components/proof/spec.ts";
import { provedOrBack } from "../../../components/rollout/cluster.ts";
import { MemoryDeployments } from "../../doubles/memory-deployments.ts";
import { newStack, schemaOf } from "../../doubles/stack.ts";
import { digest } from "../../fixtures/proof.ts";

const place = { stack: "staging", system: "orders" };
const keys = newKeyPair();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-proof-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { history: _, ...schema } = schemaOf("b");
const inputs = (release: string): ProofInputs => ({
  host: "ecs://",
  place,
  release,
  version: "1.0.0",
  image: { name: `registry.example.org/orders:1@${digest}`, id: "x", digest, commit: "" },
  user: "1000:1000",
  parts: {},
  fingerprint: { hash: "00", values: {} },
  schema,
  probes: ["healthy"],
  reports: {},
  signOffs: {},
  secrets: { apiKey: "the-api-key-0" },
  ...keys,
  file: "proof.json",
  renew: "",
});

async function proved(web: string, worker: string): Promise<MemoryDeployments> {
  const cluster = new MemoryDeployments();
  cluster.apply("web", web);
  cluster.apply("worker", worker);
  const wish = { place, releases: { web, worker }, image: "i", revision: "b", reads: [], seconds: 60 };
  await provedOrBack(cluster, wish, async () => "proved", 0);
  return cluster;
}

const prove = async (cluster: MemoryDeployments, release: string) =>
  proveThere(
    { runner: newStack().host, place, journal: provedThere(await cluster.list(), release) },
    inputs(release),
    folder,
  );

test("what a rollout noted as proved is proved to others, signed, whatever the order of its workloads", async () => {
  const cluster = await proved("a", "b");
  for (const release of ["web-a worker-b", "worker-b web-a"]) {
    const { proof } = await prove(cluster, release);
    if ("none" in proof) throw new Error(proof.none);
    expect(proof.proof).toMatchObject({ release, schema: { revision: "b", history: ["b"] } });
    expect(isSignedBy(proof, keys.publicKey)).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, "proof.json"), "utf8"))).toEqual(proof);
  }
});

test("another release than the one that serves is proved to nobody", async () => {
  const cluster = await proved("a", "b");
  await expect(prove(cluster, "web-c worker-b")).rejects.toThrow(
    "release web-a worker-b serves and web-a worker-b was proved last, not web-c worker-b",
  );
});

test("a workload whose release was never proved stands against it", async () => {
  const cluster = await proved("a", "b");
  cluster.apply("late", "a");
  await expect(prove(cluster, "web-a worker-b late-a")).rejects.toThrow("release late-none web-a worker-b serves");
});

test("where nothing was ever proved there is nothing to say", async () => {
  const cluster = new MemoryDeployments();
  cluster.apply("web", "a");
  await expect(prove(cluster, "web-a")).rejects.toThrow("release none serves and none was proved last, not web-a");
});
