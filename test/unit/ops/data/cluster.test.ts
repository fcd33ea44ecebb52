import { describe, expect, test } from "vitest";
import type { KnownSet } from "../../../../components/backup/manifest.ts";
import { assertTakes, planOf } from "../../../../ops/data/cluster.ts";
import { clusterFactsOf } from "../../../../ops/data/facts.ts";
import { data, facts, manifestOf, schema } from "./cluster-facts.ts";

const set = (manifest: Parameters<typeof manifestOf>[0] | undefined): KnownSet => ({
  name: "20261129T020000Z-backup",
  purpose: "backup",
  kilobytes: 12,
  ended: new Date(0),
  manifest: manifest && manifestOf(manifest),
});
const own = { facts: { place: { stack: "here", system: "orders" } } } as unknown as Parameters<typeof assertTakes>[1];

describe("a stack in a cluster", () => {
  const type = "pulumi-nodejs:dynamic/slipway:steps:BackupPoint";
  const { host, place, access } = facts;
  const outputs = { host, place, schema, data, dataSecrets: access.secrets, set: "s" };
  const urn = `urn:pulumi:there::slipway::slipway:kubernetes:System$${type}::backup-point`;
  const state = (resources: readonly unknown[]) => JSON.stringify({ version: 3, deployment: { resources } });

  test("is known by its backup point, the first step of every release", () => {
    expect(clusterFactsOf("there", state([{ urn, type, outputs }]))).toEqual(facts);
  });

  test("that was never launched takes no data", () => {
    expect(() => clusterFactsOf("there", state([]))).toThrow("npm start -- --stack there");
  });

  test("takes a set whose schema is its release's own", () => {
    expect(() => assertTakes(set({ revision: "0002" }), own, facts)).not.toThrow();
    expect(() => assertTakes(set({ revision: "0001" }), own, facts)).toThrow(
      "its schema is at 0001, and there runs 0002; release the same version there first",
    );
    expect(() => assertTakes(set(undefined), own, facts)).toThrow("npm run backup -- --stack here");
  });
});

describe("what will happen is told", () => {
  test("of a set: what is lost there, and what does not come along", () => {
    expect(planOf("here", "there", "20261129T020000Z-backup", ["redis"])).toBe(
      [
        "Restores 20261129T020000Z-backup of stack here in there in a cluster; of here nothing changes.",
        "  Lost to users of there: all that it has now, of which an emergency set is taken first.",
        "  Secrets stay those of there: what the product encrypted or signed with others cannot be read with them.",
        "  Not restored there, and left as now: redis.",
      ].join("\n"),
    );
  });

  test("of a move: that the stack stops", () => {
    expect(planOf("here", "there", undefined, [])).toContain("stops here, takes a set of its last moment");
  });
});
