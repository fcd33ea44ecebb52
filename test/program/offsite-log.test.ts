import { describe, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement, placementOf, watcherParts } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const kept: Settings = { ...localSettings, backup: { ...localSettings.backup, continuous: true } };
const sent: Settings = {
  ...kept,
  offsite: {
    ...kept.offsite,
    beforeRelease: false,
    continuous: true,
    url: "s3:https://s3.example.org/backups",
    password: new Secret("a-password-of-the-copies-0"),
    keyId: "AKIA0",
    key: new Secret("a-key-of-the-bucket"),
  },
};
const images = imagesWith("postgres", "litestream", "rclone", ...watcherParts);

const orders = (settings: Settings): Promise<readonly Registered[]> =>
  register(() => void new DockerPlatform({ ...ordersPlacement(settings), images }));
const tmws = (settings: Settings): Promise<readonly Registered[]> =>
  register(() => void new DockerPlatform({ ...placementOf(settings), images }));
const names = (all: readonly Registered[]) => all.map(({ qualified }) => qualified);
const container = (all: readonly Registered[], name: string) => {
  const found = all.find((each) => each.type.endsWith(":Container") && each.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found.inputs;
};

describe("a log that goes off the host", () => {
  test("has one container more and nothing else changes; what opens the bucket is in its files alone, and secret there", async () => {
    const [bare, all] = [await orders(kept), await orders(sent)];
    const more = all.filter(({ qualified }) => !names(bare).includes(qualified));
    expect(more.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
      "Container offsite-log",
      "Files offsite-log-files",
      "Limits offsite-log-limits",
      "Network offsite-log",
      "OffsiteLog offsite-log",
      "Volume offsite-log-config",
    ]);
    expect(names(bare).filter((each) => !names(all).includes(each))).toEqual([]);
    expect(container(all, "offsite-log")).toMatchObject({ image: "sha256:rclone", user: "999:999" });
    for (const secret of ["a-password-of-the-copies-0", "a-key-of-the-bucket"]) {
      const where = all.filter(({ inputs }) => JSON.stringify(inputs).includes(secret)).map(({ name }) => name);
      expect(where).toEqual(["offsite-log-files"]);
    }
  }, 60_000);

  test("is on a network that no other container is on", async () => {
    const all = await orders(sent);
    const on = all.filter(
      ({ type, inputs }) =>
        type.endsWith(":Container") && JSON.stringify(inputs).includes('slipway-local_offsite-log"'),
    );
    expect(on.map(({ name }) => name)).toEqual(["offsite-log"]);
  }, 60_000);

  test("of SQLite belongs to the product's user", async () => {
    const all = await tmws(sent);
    expect(container(all, "offsite-log")).toMatchObject({ user: "1000:1000" });
    expect(JSON.stringify(container(all, "offsite-log")["envs"])).toContain("OFFSITE_ROOT=/archive/sqlite");
  }, 60_000);

  test("has alerts where somebody watches, and none where it is not sent", async () => {
    const rules = async (settings: Settings) =>
      JSON.stringify((await orders({ ...settings, watch: { profile: "small" } })).map(({ inputs }) => inputs));
    expect(await rules(sent)).toContain("ArchiveOffsiteBehind");
    expect(await rules(kept)).not.toContain("ArchiveOffsite");
  }, 60_000);
});
