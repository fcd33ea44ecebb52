import { describe, expect, test } from "vitest";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, placementOf, watcherParts } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const kept: Settings = { ...localSettings, backup: { ...localSettings.backup, continuous: true } };
const images = imagesWith("litestream", ...watcherParts);

function place(settings: Settings, volumes: readonly string[] = []): Promise<readonly Registered[]> {
  return register(() => void new DockerPlatform({ ...placementOf(settings), images, volumes }));
}

const names = (all: readonly Registered[]) => all.map(({ qualified }) => qualified);

describe("SQLite's log", () => {
  test("has one container more, with the product's volumes and user, and nothing else changes", async () => {
    const [bare, all] = [await place(localSettings), await place(kept)];
    const more = all.filter(({ qualified }) => !names(bare).includes(qualified));
    expect(more.map(({ name }) => name).sort()).toEqual([
      "archive",
      "archive",
      "archive",
      "archive-config",
      "archive-files",
      "archive-folder",
      "archive-limits",
      "archive-notes",
      "archive-notes-folder",
    ]);
    expect(names(bare).filter((each) => !names(all).includes(each))).toEqual([]);
    const [container] = more.filter(({ type }) => type.endsWith(":Container"));
    expect(container?.inputs).toMatchObject({
      image: "sha256:litestream",
      user: "1000:1000",
      restart: "unless-stopped",
    });
    expect(JSON.stringify(container?.inputs["mounts"])).toContain('"target":"/app/data"');
    expect(container?.inputs["envs"]).toEqual(["LITESTREAM_DATABASE=/app/data/tmws.db", "LITESTREAM_GENERATION=0"]);
  }, 60_000);

  test("node exporter reads its numbers, which PostgreSQL's alerts are about", async () => {
    const { inputs } = (await place({ ...kept, watch: { profile: "small" } })).find(
      ({ type, name }) => type.endsWith(":Container") && name === "node-exporter",
    ) ?? { inputs: {} };
    expect(JSON.stringify(inputs)).toContain("textfile.directory=/var/lib/slipway-archive/metrics");
  }, 60_000);

  test("switched off, its data stay and nothing else", async () => {
    const [bare, all] = [
      await place(localSettings),
      await place(localSettings, ["archive", "archive-config", "archive-notes"]),
    ];
    const more = all.filter(({ qualified }) => !names(bare).includes(qualified));
    expect(more.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      "docker:index/volume:Volume archive",
      "slipway:docker:Archive archive",
    ]);
  }, 60_000);
});
