import type Docker from "dockerode";
import { describe, expect, test } from "vitest";
import { namesOfParts, resolveImages } from "../../infra/images/all.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { digest } from "../fixtures/proof.ts";
import { productionSettings } from "../fixtures/settings.ts";

const firewall = { ...productionSettings.firewall, enabled: false };
const settings = { ...productionSettings, firewall, images: "official", image: { kind: "proved" } } as const;
const system = systemOf(settings);
const app = `registry.example.org/tmws:2.4@${digest}`;
const parts = {
  redis: `redis:8@${digest}`,
  prometheus: `prom/prometheus:v3.13.5@${digest}`,
  haproxy: `haproxy:3.0@${digest}`,
  caddy: `caddy:2@${digest}`,
  curl: `curlimages/curl:8.16.0@${digest}`,
};

/**
 * Stands for an engine that has every image by digest and no registry: official images cannot be pulled where these tests were made. Who asks it
 * for a tag gets what a registry would say of one that was moved.
 */
function engine(asked: string[]): Docker {
  const image = (name: string) => ({
    inspect: async () => {
      asked.push(name);
      return { Id: `id of ${name}` };
    },
  });
  const modem = {
    dial: ({ path }: { path: string }, done: (error: Error) => void) =>
      done(new Error(`the registry was asked what ${path.split("/").slice(2, -1).join("/")} means today`)),
  };
  return { getImage: image, modem } as unknown as Docker;
}

describe("images that a proof fixes", () => {
  test("are those digests, whatever the tags mean by now: no registry is asked", async () => {
    const asked: string[] = [];
    const images = await resolveImages(engine(asked), system, settings, () => undefined, { app, parts });
    expect(images.app).toEqual({
      name: app,
      id: `id of registry.example.org/tmws@${digest}`,
      digest,
      commit: undefined,
    });
    expect(Object.fromEntries(Object.entries(images.parts).map(([part, { name }]) => [part, name]))).toEqual(parts);
    expect(asked.sort()).toEqual([app, ...Object.values(parts)].map((name) => name.replace(/:[^:/]+@/, "@")).sort());
  });

  test("without a proof the registry is asked", async () => {
    await expect(
      resolveImages(engine([]), system, { ...settings, image: { kind: "ref", ref: app } }, () => undefined),
    ).rejects.toThrow(/the registry was asked what \S+ means today/);
  });

  test("a stack that waits for its proof has no image before", async () => {
    await expect(resolveImages(engine([]), system, settings, () => undefined)).rejects.toThrow(
      "an image that a proof names has no other source",
    );
  });

  test("the names that are compared before anything is pulled have no digest", async () => {
    expect(await namesOfParts(engine([]), system, settings)).toEqual(
      Object.fromEntries(Object.entries(parts).map(([part, name]) => [part, name.split("@")[0]])),
    );
  });
});
