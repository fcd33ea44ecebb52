/** Application images: built here, or from a real registry with a login, on the real engine. */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BASE_IMAGE, ensureBaseImage } from "../../infra/images/base-image.ts";
import { buildImage } from "../../infra/images/build.ts";
import { imageId } from "../../infra/images/engine.ts";
import { registryAnswers } from "../../infra/images/flavour.ts";
import { resolveApplication } from "../../infra/images/resolve.ts";
import { engine, folder, images, LABEL, MINUTE, sh, start, tidy, until } from "./images-host.ts";

beforeAll(async () => {
  await ensureBaseImage(engine);
}, 5 * MINUTE);
afterAll(tidy, MINUTE);

describe("an application", () => {
  async function context(name: string, dockerfile: string): Promise<string> {
    const root = join(await folder(), name);
    await mkdir(root);
    await writeFile(join(root, "Dockerfile"), dockerfile);
    await writeFile(join(root, "app.txt"), "one\n");
    await writeFile(join(root, "secret.env"), "never sent\n");
    await writeFile(join(root, ".dockerignore"), "*.env\n");
    return root;
  }
  const git = (root: string, ...args: string[]) =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      encoding: "utf8",
    }).trim();

  test(
    "is built on the base image in the debian flavour only, once per content, with its commit",
    async () => {
      const root = await context(
        "app",
        "ARG BASE_IMAGE=scratch\nFROM $" + '{BASE_IMAGE}\nCOPY . /app/\nCMD ["/bin/sh"]\n',
      );
      const source = { build: { context: root } };
      const unversioned = await resolveApplication(engine, "slipway-test-app", source, "official");
      images.add(unversioned.name);
      expect(unversioned.commit).toBeUndefined();
      git(root, "init", "-q");
      git(root, "add", ".");
      git(root, "commit", "-q", "-m", "one");
      const said: string[] = [];
      const say = (line: string) => said.push(line);
      const [one, two] = await Promise.all([
        resolveApplication(engine, "slipway-test-app", source, "debian", { say }),
        resolveApplication(engine, "slipway-test-app", source, "debian"),
      ]);
      images.add(one.name);
      expect(two.id).toBe(one.id);
      expect(one).toEqual({ name: one.name, id: one.id, digest: undefined, commit: git(root, "rev-parse", "HEAD") });
      expect(one.name).toMatch(/^slipway\/slipway-test-app:[0-9a-f]{12}$/);
      expect(one.name).not.toBe(unversioned.name);
      expect(said.slice(0, 2)).toEqual([
        `building ${one.name}`,
        expect.stringMatching(/^slipway\/\S+ 1\/\d+ ARG BASE_IMAGE=scratch$/),
      ]);
      const container = await start({ image: one.id, cmd: ["tail", "-f", "/dev/null"] });
      expect((await sh(container, "ls -A /app; cat /app/app.txt")).out).toBe(".dockerignore\nDockerfile\napp.txt\none");

      await writeFile(join(root, "app.txt"), "two\n");
      const changed = await resolveApplication(engine, "slipway-test-app", source, "debian");
      images.add(changed.name);
      expect(changed.commit).toBe(`${one.commit}-dirty`);
      expect(changed.name).not.toBe(one.name);
    },
    MINUTE,
  );

  test(
    "that does not build says at which step, with the log's end",
    async () => {
      const root = await context("broken", `FROM ${BASE_IMAGE}\nRUN echo about to fail && exit 3\n`);
      await expect(buildImage(engine, { context: root, tag: "slipway/test-broken:1" })).rejects.toThrow(
        /^building slipway\/test-broken:1 failed at Step 2\/2 : RUN echo about to fail && exit 3\n.*non-zero code: 3\nlast lines:\n[\s\S]*about to fail/,
      );
      expect(await imageId(engine, "slipway/test-broken:1")).toBeUndefined();
      await expect(buildImage(engine, { context: root, dockerfile: "../x", tag: "x" })).rejects.toThrow(
        "outside its build context",
      );
    },
    MINUTE,
  );
});

describe("a registry", () => {
  const credentials = { username: "slipway", password: "s3cret" };
  let host = "";
  let silent: Server;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    const root = join(await folder(), "registry");
    await mkdir(root);
    const install = "apt-get update && apt-get install -y --no-install-recommends docker-registry apache2-utils";
    await writeFile(join(root, "Dockerfile"), `FROM ${BASE_IMAGE}\nRUN ${install}\n`);
    images.add("slipway/test-registry:1");
    const image = await buildImage(engine, { context: root, tag: "slipway/test-registry:1", labels: LABEL });
    const registry = await start({
      image,
      lenient: true,
      publish: "5000/tcp",
      tmpfs: { "/var/lib/docker-registry": "" },
      env: ["REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=test", "REGISTRY_AUTH_HTPASSWD_PATH=/tmp/htpasswd"],
      cmd: [
        "sh",
        "-c",
        `htpasswd -Bbn ${credentials.username} ${credentials.password} > /tmp/htpasswd && exec docker-registry serve /etc/docker/registry/config.yml`,
      ],
    });
    const port = (await registry.inspect()).NetworkSettings.Ports["5000/tcp"]?.[0]?.HostPort;
    host = `127.0.0.1:${port}`;
    await until(
      () => registryAnswers(engine, 1_000, `${host}/none:1`),
      ({ answers }) => answers,
    );
    const authconfig = { ...credentials, serveraddress: host };
    await engine.getImage(image).tag({ repo: `${host}/acme/app`, tag: "2.4" });
    images.add(`${host}/acme/app:2.4`);
    const pushed = await engine.getImage(`${host}/acme/app`).push({ tag: "2.4", authconfig });
    const events = await text(pushed);
    expect(events).toContain("digest: sha256:");
    silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  }, 3 * MINUTE);

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => silent.close(() => resolve()));
  });

  test(
    "hands out by digest, to those who log in",
    async () => {
      const ref = `${host}/acme/app:2.4`;
      const local = await imageId(engine, ref);
      const pulled = await resolveApplication(engine, "app", { ref }, "official", {
        credentials: { [host]: credentials },
      });
      expect(pulled.name).toMatch(new RegExp(`^${ref}@sha256:[0-9a-f]{64}$`));
      expect(pulled).toMatchObject({ id: local, digest: pulled.name.split("@")[1], commit: undefined });

      await engine.getImage(`${host}/acme/app@${pulled.digest}`).remove({ force: true });
      images.delete(ref);
      await engine.getImage(ref).remove({ force: true });
      const said: string[] = [];
      const options = { credentials: { [host]: credentials }, say: (line: string) => said.push(line) };
      const again = await resolveApplication(engine, "app", { ref: pulled.name }, "official", options);
      images.add(`${host}/acme/app@${pulled.digest}`);
      expect(again).toEqual(pulled);
      expect(said[0]).toBe(`pulling ${pulled.name}`);
    },
    MINUTE,
  );

  test("refuses others, and the error says so", async () => {
    await expect(resolveApplication(engine, "app", { ref: `${host}/acme/app:2.4` }, "official")).rejects.toThrow(
      `the registry ${host} refuses ${host}/acme/app:2.4 without credentials`,
    );
    const options = { credentials: { [host]: credentials } };
    await expect(resolveApplication(engine, "app", { ref: `${host}/acme/app:9` }, "official", options)).rejects.toThrow(
      `the registry ${host} refuses ${host}/acme/app:9 with the credentials of the stack config`,
    );
  });

  test("answers, refuses or is silent: the probe tells them apart in bounded time", async () => {
    expect(await registryAnswers(engine, 5_000, `${host}/acme/app:2.4`)).toEqual({ answers: true });
    const port = (silent.address() as AddressInfo).port;
    expect(await registryAnswers(engine, 300, `127.0.0.1:${port}/x:1`)).toEqual({
      answers: false,
      why: "no answer within 0.3 s",
    });
    const gone = await registryAnswers(engine, 5_000, "registry.invalid/x:1");
    expect(gone).toEqual({ answers: false, why: expect.stringContaining("no such host") });
    await expect(resolveApplication(engine, "app", { ref: "registry.invalid/x:1" }, "official")).rejects.toThrow(
      "the registry registry.invalid does not answer this Docker engine",
    );
  });
});
