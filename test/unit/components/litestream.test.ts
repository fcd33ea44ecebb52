import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  litestreamConfig,
  litestreamContainer,
  litestreamFiles,
  missingSeconds,
  recoverFile,
} from "../../../components/litestream/spec.ts";

const place = { stack: "blue", system: "tmws", generation: 2 };
const spec = {
  image: "sha256:litestream",
  network: "slipway-blue",
  user: "1000:1000",
  database: "/app/data/tmws.db",
  mounts: [{ volume: "slipway-blue_data.g2", path: "/app/data" }],
  limits: { cpus: 0.5, memoryMb: 128, pids: 64 },
  windowDays: 30,
  preciseHours: 24,
};

describe("Litestream", () => {
  test("its config: what is kept, how often it sends, and nothing beside the database", () => {
    expect(parse(litestreamConfig(place, spec))).toEqual({
      addr: ":9092",
      "l0-retention": "24h",
      levels: [{ interval: "30s" }, { interval: "5m" }, { interval: "1h" }],
      snapshot: { interval: "24h", retention: "744h" },
      dbs: [
        {
          path: "/app/data/tmws.db",
          "meta-path": "/archive/sqlite-g2/state",
          "monitor-interval": "1s",
          "busy-timeout": "5s",
          replica: { type: "file", path: "/archive/sqlite-g2/replica", "sync-interval": "1s" },
        },
      ],
    });
    expect(litestreamFiles(place, spec)).toEqual([
      expect.objectContaining({ path: "litestream.yml", uid: 1000, gid: 1000 }),
    ]);
  });

  test("its container: the product's user and volumes, the private network, no capability", () => {
    const { command, user, mounts, network, capabilities } = litestreamContainer(place, spec);
    expect({ command, user, network, capabilities }).toEqual({
      command: ["replicate", "-config", "/etc/litestream/litestream.yml"],
      user: "1000:1000",
      network: [{ name: "slipway-blue", aliases: ["litestream"] }],
      capabilities: [],
    });
    expect(mounts.map(({ volume, path }) => `${volume} ${path}`)).toEqual([
      "slipway-blue_data.g2 /app/data",
      "slipway-blue_archive /archive",
      "slipway-blue_litestream-config /etc/litestream",
    ]);
  });

  test("a moment is of the log that was written then", () => {
    expect(recoverFile({}, new Date("2026-11-28T03:00:00Z"), "/new/tmws.db")).toEqual([
      "litestream",
      "restore",
      "-timestamp",
      "2026-11-28T03:00:00.000Z",
      "-o",
      "/new/tmws.db",
      "file:///archive/sqlite-g0/replica",
    ]);
  });

  test("how much may be missing before it: a second, and half a minute once the seconds are merged", () => {
    const now = new Date("2026-11-28T12:00:00Z");
    expect(missingSeconds(new Date("2026-11-27T12:00:01Z"), now, spec)).toBe(1);
    expect(missingSeconds(new Date("2026-11-27T12:00:00Z"), now, spec)).toBe(30);
  });
});
