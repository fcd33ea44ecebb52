import { existsSync, readFileSync } from "node:fs";
import type Docker from "dockerode";
import { describe, expect, test } from "vitest";
import { debianArchitecture, furtherSources } from "../../infra/images/base-image.ts";
import { BuildLog } from "../../infra/images/build.ts";
import { CATALOG, FLAVOURS } from "../../infra/images/catalog.ts";
import { decideImages } from "../../infra/images/flavour.ts";
import { authFor, parseReference, pinnedName } from "../../infra/images/reference.ts";
import { isRefusal, registryFailure } from "../../infra/images/registry.ts";
import { nameOfPart } from "../../infra/images/resolve.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

describe("references", () => {
  test.each([
    ["redis:8", "docker.io", "redis", "8", undefined],
    ["prom/prometheus:v3.13.5", "docker.io", "prom/prometheus", "v3.13.5", undefined],
    ["ghcr.io/acme/tmws", "ghcr.io", "ghcr.io/acme/tmws", "latest", undefined],
    ["127.0.0.1:5000/tmws:2.4.0", "127.0.0.1:5000", "127.0.0.1:5000/tmws", "2.4.0", undefined],
    ["localhost/tmws", "localhost", "localhost/tmws", "latest", undefined],
    [`redis:8@${DIGEST}`, "docker.io", "redis", "8", DIGEST],
  ])("%s", (text, registry, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag, digest });
  });

  test.each(["", "Redis:8", "redis:", "redis@sha256:12", "redis 8", "redis:8;rm"])("%j is none", (text) => {
    expect(() => parseReference(text)).toThrow(`"${text}" is no image reference`);
  });

  test("the pinned name keeps the tag", () => {
    expect(pinnedName(parseReference("redis:8"), DIGEST)).toBe(`redis:8@${DIGEST}`);
  });

  test("credentials go to their own registry only", () => {
    const credentials = { "ghcr.io": { username: "u", password: "p" }, "docker.io": { username: "d", password: "q" } };
    expect(authFor(parseReference("ghcr.io/acme/tmws"), credentials)).toEqual({
      username: "u",
      password: "p",
      serveraddress: "ghcr.io",
    });
    expect(authFor(parseReference("redis:8"), credentials)?.serveraddress).toBe("https://index.docker.io/v1/");
    expect(authFor(parseReference("quay.io/x/y"), credentials)).toBeUndefined();
  });
});

describe("the catalog", () => {
  test.each(Object.entries(CATALOG))("%s has a Dockerfile that starts from BASE_IMAGE", (_, part) => {
    const dockerfile = new URL(`../../${part.context}/Dockerfile`, import.meta.url);
    expect(existsSync(dockerfile)).toBe(true);
    expect(readFileSync(dockerfile, "utf8")).toMatch(
      /^ARG BASE_IMAGE=debian:trixie-slim\nFROM \$\{BASE_IMAGE\}( AS build)?$/m,
    );
    if (part.official !== undefined) expect(parseReference(part.official).registry).toBe("docker.io");
  });
});

test("a part that nobody else makes is built in both flavours, in one of them on the Debian that its Dockerfile names", async () => {
  const engine = { getImage: () => ({ inspect: async () => ({ Id: "sha256:debian" }) }) } as unknown as Docker;
  const names = await Promise.all(FLAVOURS.map((flavour) => nameOfPart(engine, "firewall", flavour)));
  expect(names).toEqual([
    expect.stringMatching(/^slipway\/firewall:[0-9a-f]{12}$/),
    expect.stringMatching(/^slipway\/firewall:/),
  ]);
  expect(names[0]).not.toBe(names[1]);
});

describe("which flavour", () => {
  const yes = { answers: true } as const;
  const no = { answers: false, why: "no such host" } as const;
  test.each([
    [undefined, yes, "official", true, "images: official, pinned by digest"],
    [
      undefined,
      no,
      "debian",
      true,
      "images: debian, built on this machine, as the registry does not answer: no such host",
    ],
    ["debian" as const, yes, "debian", false, "images: debian (stack config), built on this machine"],
    ["debian" as const, no, "debian", false, "images: debian (stack config), built on this machine"],
    ["official" as const, yes, "official", false, "images: official (stack config)"],
    [
      "official" as const,
      no,
      "official",
      false,
      "images: official (stack config), but the registry does not answer: no such host. What is not here yet cannot be " +
        "pulled; to build it instead: pulumi config set slipway:images debian",
    ],
  ])("configured %s, %o: %s", (configured, answered, images, store, line) => {
    expect(decideImages({ configured, answered })).toEqual({ images, store, line });
  });
});

describe("a registry's errors", () => {
  test.each([
    [
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host',
      false,
    ],
    ['Get "http://127.0.0.1:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused', false],
    ["net/http: TLS handshake timeout", false],
    ['Head "http://127.0.0.1:5000/v2/acme/app/manifests/2.4": no basic auth credentials', true],
    ["unauthorized: authentication required", true],
    ["manifest unknown: manifest unknown", true],
    ["toomanyrequests: You have reached your pull rate limit.", true],
    ["pull access denied for acme/tmws, repository does not exist", true],
  ])("%s: a refusal %s", (why, refusal) => {
    expect(isRefusal(why)).toBe(refusal);
  });

  test("not reached: says so, and how to do without", () => {
    expect(registryFailure("redis:8", "docker.io", "no such host", false)).toBe(
      "the registry docker.io does not answer this Docker engine, so redis:8 cannot be had: no such host\n" +
        "For parts built on this machine instead: pulumi config set slipway:images debian",
    );
  });

  test("refused: says with or without credentials, and how to give them", () => {
    expect(registryFailure("ghcr.io/acme/tmws:2", "ghcr.io", "unauthorized", true)).toBe(
      "the registry ghcr.io refuses ghcr.io/acme/tmws:2 with the credentials of the stack config: unauthorized\n" +
        "Check the name and tag; for a private registry: " +
        "pulumi config set --secret --path 'slipway:registries[\"ghcr.io\"].password' <password>",
    );
  });
});

describe("a build's log", () => {
  test("knows the failing step and the last 30 lines, lines split over events included", () => {
    const log = new BuildLog();
    expect(log.add({ stream: "Step 1/2 : FROM x\n" })).toBe("Step 1/2 : FROM x");
    for (let line = 1; line <= 40; line += 1) log.add({ stream: `line ${line}\n` });
    expect(log.add({ stream: "Step 2/2 : RU" })).toBeUndefined();
    expect(log.add({ stream: "N false\n" })).toBe("Step 2/2 : RUN false");
    log.add({ stream: "half" });
    const message = log.failure("slipway/x:1", "The command returned a non-zero code: 1");
    const lines = message.split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "building slipway/x:1 failed at Step 2/2 : RUN false",
      "The command returned a non-zero code: 1",
      "last lines:",
    ]);
    expect(lines.slice(3)).toHaveLength(30);
    expect(lines.at(3)).toBe("line 13");
    expect(lines.slice(-2)).toEqual(["Step 2/2 : RUN false", "half"]);
  });

  test("takes the id from the engine", () => {
    const log = new BuildLog();
    log.add({ aux: { ID: DIGEST } });
    log.add({ stream: "Successfully built\n" });
    expect(log.id).toBe(DIGEST);
  });
});

describe("the base image", () => {
  test("further sources follow the mirror that debootstrap chose", () => {
    expect(furtherSources("deb http://mirror.example/debian trixie main\n")).toEqual([
      "deb http://mirror.example/debian trixie-updates main",
      "deb http://mirror.example/debian-security trixie-security main",
    ]);
    expect(() => furtherSources("")).toThrow("debootstrap wrote no");
  });

  test("architectures", () => {
    expect(["x86_64", "aarch64"].map(debianArchitecture)).toEqual(["amd64", "arm64"]);
    expect(() => debianArchitecture("riscv64")).toThrow("the Docker engine's architecture is riscv64");
  });
});
