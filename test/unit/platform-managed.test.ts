import { describe, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import {
  isMultiAz,
  listeners,
  partImage,
  publicHosts,
  pulledName,
  tierExposure,
} from "../../infra/platforms/managed/names.ts";
import { unmanageable } from "../../infra/platforms/managed/unmanageable.ts";
import { refusalOf } from "../../infra/platforms/refusal.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { managedNames, managedSettings } from "../fixtures/managed.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";
import { secure } from "./config-fixture.ts";

const optionsOf = (settings: ReturnType<typeof managedSettings>) =>
  unmanageable(systemOf(settings), settings).map(({ option }) => option);

describe("what can go to AWS' own parts", () => {
  test.each(managedNames)("%s", (name) => {
    expect(optionsOf(managedSettings(name))).toEqual([]);
  });

  test.each(["tmws", "tmws-2.3"])("%s cannot: SQLite, with the reason and the command", (name) => {
    const settings = managedSettings(name);
    const refused = unmanageable(systemOf(settings), settings);
    expect(refused[0]?.why).toContain("EFS is NFS, on which SQLite's locks do not hold");
    expect(refused[0]?.mend).toBe("pulumi config set --path slipway:aws.shape host");
  });

  test("diligence cannot: its files", () => {
    const settings = managedSettings("diligence");
    const [refused] = unmanageable(systemOf(settings), settings);
    expect(refused?.why).toMatch(/keeps files in .*\/output.*: a task has no disk that stays, and EFS is NFS/);
  });

  test("every problem at once, each with its command", () => {
    const fine = managedSettings("tria");
    const settings = {
      ...fine,
      images: "debian" as const,
      image: localSettings.image,
      edge: { ...fine.edge, httpsPort: 8443, tls: { mode: "internal" as const, lifetimeMinutes: 720 } },
      aws: {
        ...fine.aws,
        restoreTime: "2026-01-01T10:00:00Z",
        restoreSnapshot: "a-snapshot",
        oldestServer: 1,
        zone: undefined,
        vpc: { ...fine.aws.vpc, id: "vpc-0123456789abcdef0" },
      },
      firewall: {
        ...fine.firewall,
        allow: { dns: { port: 53, protocol: "udp" as const, sources: ["10.0.0.0/8"], reason: "our own names" } },
      },
      watch: { profile: "full" as const },
      prometheus: { ...fine.prometheus, enabled: true },
      backup: { ...fine.backup, continuous: false },
      rollout: { ...fine.rollout, back: "data" as const },
    };
    const said = refusalOf(unmanageable(systemOf(settings), settings), "aws.shape managed").split("\n");
    expect(said.filter((line) => line.startsWith("slipway:"))).toEqual([
      "slipway:images",
      "slipway:image",
      "slipway:edge.tls.mode",
      "slipway:edge.httpsPort",
      "slipway:aws.zone",
      "slipway:aws.vpc.id",
      "slipway:firewall.allow",
      "slipway:watch.profile",
      "slipway:prometheus.enabled",
      "slipway:backup.continuous",
      "slipway:aws.restoreTime",
      "slipway:aws.oldestServer",
      "slipway:rollout.back",
    ]);
    expect(said.filter((line) => /^ {2}mend: pulumi config (set|rm) /.test(line))).toHaveLength(13);
    expect(said[1]).toBe(
      "  with aws.shape managed: debian: tasks take images from registries, and what is built here is in none",
    );
  });

  test("an image of a private registry that is not AWS' own cannot be fetched by a task", () => {
    const settings = managedSettings("tria");
    const password = new Secret("a-token-0");
    const other = { ...settings, registries: { "ghcr.io": { username: "me", password } } };
    const image = { ...settings.image, kind: "ref" as const, ref: "ghcr.io/acme/app:1" };
    expect(optionsOf({ ...other, image })).toEqual(["image.ref"]);
    expect(optionsOf(other)).toEqual([]);
  });

  test("vectors of Chroma cannot stay", () => {
    const settings = managedSettings(
      "tria",
      {},
      { app: { openaiApiKey: secure("sk-proj-0123456789abcdefABCDEF"), chroma: true } },
    );
    expect(unmanageable(systemOf(settings), settings).map(({ mend }) => mend)).toEqual([
      "pulumi config set --path slipway:app.chroma false",
    ]);
  });
});

describe("what follows from a system", () => {
  const placed = (name: string, tcp = {}) => {
    const settings = managedSettings(name, {}, { tcp });
    return { settings, system: systemOf(settings) };
  };

  test("https for everybody; raw TCP for the network, or for whom it is published", () => {
    expect(tierExposure(placed("tria")).open).toEqual([
      { port: 443, sources: ["0.0.0.0/0"] },
      { port: 80, sources: ["0.0.0.0/0"] },
    ]);
    expect(tierExposure(placed("aidis")).open).toEqual([{ port: 3001, sources: ["10.20.0.0/16"] }]);
    const open = placed("aidis", { public: true, port: 3443, allow: ["203.0.113.0/24"] });
    expect(tierExposure(open).open).toEqual([{ port: 3443, sources: ["203.0.113.0/24"] }]);
    expect(listeners(open).map(({ port, listen }) => [port, listen])).toEqual([[3001, 3443]]);
  });

  test("no cache where nothing asks Redis", () => {
    expect(tierExposure(placed("aidis")).cachePort).toBeUndefined();
    expect(tierExposure(placed("tria")).cachePort).toBe(6379);
  });

  test("the certificate's names", () => {
    expect(publicHosts(placed("tria"))).toEqual(["app.acme.dev"]);
    expect(publicHosts(placed("aidis"))).toEqual(["app.acme.dev"]);
  });

  test("a second zone in production, and where config says so", () => {
    const settings = managedSettings("tria");
    expect(isMultiAz(settings)).toBe(true);
    expect(isMultiAz({ ...settings, environment: "staging" })).toBe(false);
    expect(isMultiAz(managedSettings("tria", { multiAz: false }))).toBe(false);
  });

  test("an image is named by its digest alone, a part from the user's own repository where there is one", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const curl = { name: `curlimages/curl:8@${digest}`, id: "x", digest };
    expect(pulledName(curl)).toBe(`curlimages/curl@${digest}`);
    const images = {
      ...ordersPlacement(localSettings).images,
      parts: { ...ordersPlacement(localSettings).images.parts, curl },
    };
    expect(partImage({ images }, "curl")).toBe(`curlimages/curl@${digest}`);
    const own = `1.dkr.ecr.x.amazonaws.com/p:curl-0@${digest}`;
    expect(partImage({ images, parts: { curl: own } }, "curl")).toBe(`1.dkr.ecr.x.amazonaws.com/p@${digest}`);
  });

  test("no image without a digest", () => {
    expect(() => pulledName({ name: "slipway/app:0123", id: "x", digest: undefined })).toThrow("has no digest");
  });
});
