import { expect, test } from "vitest";
import { systems } from "../../../infra/config/systems.ts";
import { systemOf } from "../../../infra/systems/index.ts";
import { defaultsOf, describeSystems, renderSystems } from "../../../ops/systems.ts";
import { localSettings } from "../../fixtures/settings.ts";

test("every system of Slipway's is described with its defaults", async () => {
  const all = await describeSystems({ stack: "no-such-stack", system: undefined });
  expect(all.map(({ wish }) => wish)).toEqual(systems.map(({ name }) => name));
  const tmws = all.find(({ wish }) => wish === "tmws");
  expect(tmws?.system).toMatchObject({ name: "tmws", version: "2.4.0", mode: "stop-first" });
});

test("the user's own stands last, by its file", async () => {
  const file = new URL("../../fixtures/yours.ts", import.meta.url).pathname;
  const all = await describeSystems({ stack: "no-such-stack", system: file });
  expect(all.at(-1)).toMatchObject({ wish: file, system: { name: "yours", database: { kind: "postgres" } } });
});

test("defaults are those of a stack that sets only what it must", () => {
  const [tmws] = systems;
  expect(defaultsOf(tmws)).toMatchObject({
    app: { version: "2.4.0", licenseApi: "off", extraEnv: {} },
    health: localSettings.health,
    backup: localSettings.backup,
    redis: { enabled: true },
  });
});

test("the table", () => {
  const tmws = systemOf(localSettings);
  const small = {
    ...tmws,
    name: "small",
    title: "Small",
    version: "1.0.0",
    workloads: [
      { ...tmws.workloads[0], name: "web", replicas: 3 },
      { ...tmws.workloads[0], name: "worker" },
    ] as typeof tmws.workloads,
    redis: { enabled: false },
    chroma: { enabled: true },
    ollama: { mode: "native", model: { name: "tiny", dimensions: 1024 } } as const,
    routes: [],
    minimum: { cores: 1, memoryGb: 2, diskGb: 5, docker: "20.10", guide: "small.ts" },
  };
  const table = renderSystems([
    { wish: "tmws", system: tmws, prometheus: true },
    { wish: "../small.ts", system: small, prometheus: false },
  ]);
  expect(table).toBe(
    [
      "system  title     version  mode        workloads       stores and parts                         at least                                guide                     start",
      "tmws    TMWS 2.4  2.4.0    stop-first  app             sqlite, redis, prometheus, switch, edge  2 cores, 4 GB, disk 10 GB, Docker 24.0  guide 000, Prerequisites  npm start -- --system tmws",
      "small   Small     1.0.0    stop-first  web x3, worker  sqlite, chroma, ollama (native), switch  1 core, 2 GB, disk 5 GB, Docker 20.10   small.ts                  npm start -- --system ../small.ts",
    ].join("\n"),
  );
});
