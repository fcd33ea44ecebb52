import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement, watcherParts } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const kept: Settings = { ...localSettings, backup: { ...localSettings.backup, continuous: true } };
const images = imagesWith("postgres", ...watcherParts);

function place(settings: Settings, volumes: readonly string[] = []): Promise<readonly Registered[]> {
  return register(() => void new DockerPlatform({ ...ordersPlacement(settings), images, volumes }));
}

function of(all: readonly Registered[], type: string, name: string): Registered {
  const found = all.find((each) => each.type.endsWith(type) && each.name === name);
  if (found === undefined) throw new Error(`no ${type} ${name}`);
  return found;
}

/** Made of the owner's. */
const password = createHmac("sha256", "a-generated-password").update("archive").digest("hex");
const names = (all: readonly Registered[]) => all.map(({ qualified }) => qualified);

describe("a stack whose log is received", () => {
  test("has one container more and nothing else changes; the password is in its file alone", async () => {
    const [bare, all] = [await place(localSettings), await place(kept)];
    const more = all.filter(({ qualified }) => !names(bare).includes(qualified));
    expect(more.filter(({ type }) => type.endsWith(":Container")).map(({ name }) => name)).toEqual(["archive"]);
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
      "archive-role",
    ]);
    expect(names(bare).filter((each) => !names(all).includes(each))).toEqual([]);
    expect(JSON.stringify(of(all, ":Container", "archive").inputs)).not.toContain(password);
    expect(JSON.stringify(of(all, ":Files", "archive-files").inputs)).toContain(password);
    expect(of(all, ":ArchiveRole", "archive-role").inputs).toMatchObject({ database: "orders" });
  }, 60_000);

  test("node exporter reads its numbers", async () => {
    const all = await place({ ...kept, watch: { profile: "small" } });
    const { inputs } = of(all, ":Container", "node-exporter");
    expect(JSON.stringify(inputs["mounts"])).toContain("archive-notes");
    expect(JSON.stringify(inputs["command"])).toContain("textfile.directory=/var/lib/slipway-archive/metrics");
  }, 60_000);

  test("switched off, it keeps its data and nothing else", async () => {
    const all = await place(localSettings, ["archive", "archive-config", "archive-notes"]);
    const bare = await place(localSettings);
    const more = all.filter(({ qualified }) => !names(bare).includes(qualified));
    expect(more.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      "docker:index/volume:Volume archive",
      "slipway:docker:Archive archive",
    ]);
  }, 60_000);
});
