import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { loadSettings } from "../../infra/config/load.ts";
import { loadOwnSystem } from "../../infra/systems/own.ts";

const file = "./test/workloads/orders/system.ts";
/** A stack without a file in the checkout. */
const stack = "systems-own-test";

beforeEach(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
    "slipway",
    stack,
    true,
  );
});

function config(system: string, more: Readonly<Record<string, unknown>> = {}): void {
  const values = {
    images: "debian",
    image: { build: { context: "test/workloads/orders" } },
    edge: { domain: "orders.localhost" },
    system,
    ...more,
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        `slipway:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
}

async function load() {
  const own = await loadOwnSystem();
  if (own === undefined) throw new Error("the config names no file");
  const settings = loadSettings(own.options);
  return { settings, system: own.system(settings) };
}

describe("a system of one's own, from a file", () => {
  test("its options are the config's, its data are the system", async () => {
    config(file, { app: { replicas: 5, extraEnv: { A: "1" } }, health: { retries: 9 } });
    const { settings, system } = await load();
    expect(settings.system).toBe(file);
    expect(settings.app).toEqual({
      version: "1.0.0",
      schemaRevision: "0002_note",
      replicas: 5,
      workers: 2,
      extraEnv: { A: "1" },
    });
    expect(settings.health).toEqual({ intervalSeconds: 10, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 9 });
    expect([system.name, system.mode, system.database]).toEqual([
      "orders",
      "overlap",
      { kind: "postgres", name: "orders", connections: 52 },
    ]);
    expect(system.workloads.map(({ name, replicas, duty }) => [name, replicas, duty.kind])).toEqual([
      ["web", 5, "web"],
      ["worker", 2, "worker"],
    ]);
    expect(system.workloads[0]?.env).toEqual({ ORDERS_DATABASE_URL: { store: "postgres" }, A: "1" });
    expect(system.schema).toMatchObject({ target: "0002_note", upgrade: ["alembic", "upgrade", "0002_note"] });
    expect(system.routes).toEqual([{ host: "orders.localhost", alias: "web", port: 8000 }]);
  });

  test("an absolute path names the same", async () => {
    config(new URL(`../../${file}`, import.meta.url).pathname);
    expect((await load()).system.name).toBe("orders");
  });

  test("its config is as strict as any", async () => {
    config(file, { app: { replicas: 9, license: "x" } });
    await expect(load()).rejects.toThrow(
      /slipway:app\.license\n[\s\S]*slipway:app\.replicas\n +is: +9\n +allowed: a whole number of replicas from 1 to 8\n/,
    );
  });
});

test("outside the checkout, without a package.json, it imports Slipway's words by their name; Node has nothing to warn of", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-own-"));
  const yours = join(folder, "yours.ts");
  copyFileSync(new URL("../fixtures/yours.ts", import.meta.url), yours);
  const own = new URL("../../infra/systems/own.ts", import.meta.url).href;
  const script = `const { loadSystemFile } = await import(${JSON.stringify(own)});
    console.log((await loadSystemFile(${JSON.stringify(yours)})).options.defaults.health.retries);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  expect([stdout, stderr]).toEqual(["3\n", ""]);
});

test("a system of Slipway's own is no file", async () => {
  config("tmws");
  expect(await loadOwnSystem()).toBeUndefined();
  pulumi.runtime.setAllConfig({});
  expect(await loadOwnSystem()).toBeUndefined();
});

describe("a file that is none", () => {
  const refusal = (name: string, why: string) =>
    `slipway:system: "${name}"\n  ${why}\n  allowed: the name of a system, or the path of a file that exports one of your own (README, "A system of your own")\n  mend: pulumi config set --path slipway:system tmws`;

  test("there is no such file", async () => {
    config("./nowhere/system.ts");
    const error = await loadOwnSystem().catch((thrown: unknown) => thrown);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    const path = new URL("../../nowhere/system.ts", import.meta.url).pathname;
    expect(String(error)).toContain(refusal("./nowhere/system.ts", `there is no file ${path}`));
  });

  test.each(["./vitest.config.ts", "./components/options/path.ts"])(
    "%s exports something else, or nothing",
    async (name) => {
      config(name);
      await expect(loadOwnSystem()).rejects.toThrow(
        refusal(name, "the file's default export is not what defineSystem answers"),
      );
    },
  );
});
