import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseSeries } from "../../../components/archive/choice.ts";
import { chooseLog } from "../../../components/litestream/recover.ts";
import {
  litestreamConfig,
  litestreamContainer,
  litestreamFiles,
  litestreamFolders,
  missingSeconds,
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
};

describe("Litestream", () => {
  test("its config: what is kept, how often it sends, and nothing beside the database", () => {
    expect(parse(litestreamConfig(spec))).toEqual({
      "l0-retention": "24h",
      levels: [{ interval: "30s" }, { interval: "5m" }, { interval: "1h" }],
      snapshot: { interval: "24h", retention: "744h" },
      dbs: [
        {
          path: "/app/data/tmws.db",
          "meta-path": "SERIES/state",
          "monitor-interval": "1s",
          "busy-timeout": "5s",
          replica: { type: "file", path: "SERIES/replica", "sync-interval": "1s" },
        },
      ],
    });
    expect(litestreamFiles(spec, "the script").map(({ path, uid, gid }) => [path, uid, gid])).toEqual([
      ["litestream.sh", 1000, 1000],
      ["litestream.yml", 1000, 1000],
    ]);
    expect(litestreamFolders(spec)).toMatchObject({
      archive: [{ path: "sqlite/", uid: 1000, mode: 0o700 }],
      "archive-notes": [{ path: "metrics/", uid: 1000 }],
    });
  });

  test("its container: the product's user and volumes, the private network, no capability", () => {
    const { name, entrypoint, env, user, mounts, network, capabilities } = litestreamContainer(place, spec);
    expect({ name, entrypoint, env, user, network, capabilities }).toEqual({
      name: "slipway-blue_archive",
      entrypoint: ["bash", "/etc/archive/litestream.sh"],
      env: { LITESTREAM_DATABASE: "/app/data/tmws.db", LITESTREAM_GENERATION: "2" },
      user: "1000:1000",
      network: [{ name: "slipway-blue", aliases: ["archive"] }],
      capabilities: [],
    });
    expect(mounts.map(({ volume, path }) => `${volume} ${path}`)).toEqual([
      "slipway-blue_data.g2 /app/data",
      "slipway-blue_archive /archive",
      "slipway-blue_archive-notes /notes",
      "slipway-blue_archive-config /etc/archive",
    ]);
  });

  test("a moment is of the log that was written then: the newest that began before it", () => {
    const all = parseSeries(
      "20260101T000000Z-g0\n20260101T120000Z-g0\n20260102T000000Z-g1\n20260103T000000Z-g2.left\n",
    );
    const at = (time: string) => chooseLog(all, new Date(time))?.series;
    expect(
      ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T13:00:00Z", "2026-01-04T00:00:00Z"].map(at),
    ).toEqual([undefined, "20260101T000000Z-g0", "20260101T120000Z-g0", "20260102T000000Z-g1"]);
  });

  test("what may be missing before a moment: a second, later half a minute", () => {
    const now = new Date("2026-01-02T00:00:00Z");
    expect(missingSeconds(new Date("2026-01-01T00:00:01Z"), now)).toBe(1);
    expect(missingSeconds(new Date("2026-01-01T00:00:00Z"), now)).toBe(30);
  });
});
