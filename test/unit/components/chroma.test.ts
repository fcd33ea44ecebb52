import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chromaContainer, chromaFiles, chromaUrl } from "../../../components/chroma/spec.ts";
import { CATALOG } from "../../../infra/images/catalog.ts";

const place = { stack: "local", system: "tria" };
const spec = {
  image: "sha256:image",
  network: "slipway-local_private",
  limits: { cpus: 0.5, memoryMb: 512, pids: 128 },
};

describe("chroma", () => {
  test("its container: not root, private network alone, data on their own volume", () => {
    const { health, ...container } = chromaContainer(place, spec);
    expect(container).toEqual({
      name: "slipway-local_chroma",
      image: "sha256:image",
      command: ["run", "--host", "0.0.0.0", "--port", "8000", "--path", "/data/chroma"],
      env: { ANONYMIZED_TELEMETRY: "false", HOME: "/tmp" },
      user: "1000:1000",
      mounts: [{ volume: "slipway-local_chroma-data", path: "/data" }],
      tmpfs: ["/tmp"],
      network: [{ name: "slipway-local_private", aliases: ["chroma"] }],
      labels: {
        "slipway.stack": "local",
        "slipway.system": "tria",
        "slipway.part": "chroma",
        "slipway.role": "part",
      },
      limits: spec.limits,
      capabilities: [],
      restart: "unless-stopped",
      stopGraceSeconds: 30,
    });
    expect(health?.test.slice(0, 3)).toEqual(["CMD", "bash", "-c"]);
    expect(health?.test[3]).toContain("GET /api/v2/heartbeat HTTP/1.0");
    expect(chromaUrl).toBe("http://chroma:8000");
  });

  test("its folder is its user's alone", () => {
    expect(chromaFiles()).toEqual([{ path: "chroma/", type: "directory", mode: 0o700, uid: 1000, gid: 1000 }]);
  });

  test("the Debian twin is the version of the official image, pinned by hash", () => {
    const wanted = readFileSync(new URL("../../../images/chroma/requirements.txt", import.meta.url), "utf8");
    expect(CATALOG.chroma.official).toBe(`chromadb/chroma:${/^chromadb==(\S+)/m.exec(wanted)?.[1]}`);
    expect(wanted.match(/--hash=sha256:[0-9a-f]{64}/g)).toHaveLength(2);
  });
});
