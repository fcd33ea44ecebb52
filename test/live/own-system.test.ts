import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { freePort } from "../../ops/free-port.ts";
import { getByName, rootOf } from "./support/by-name.ts";
import { engine } from "./support/host.ts";
import { checkout, type Run, run } from "./support/run.ts";

/** The stack's name follows from the file's. */
const name = `y${randomBytes(3).toString("hex")}`;
const stackFile = join(checkout, `Pulumi.${name}.yaml`);
let folder: string;
/** Outside the checkout; the state is not in it, or the image would be another after each command. */
let product: string;
let port: number;
let started: Run;
let untouched: string;

/** The README's commands. */
const npm = (command: string, ...args: readonly string[]) =>
  run("npm", [command === "start" ? "start" : "run", ...(command === "start" ? [] : [command]), "--", ...args], {
    XDG_STATE_HOME: join(folder, "state"),
  });
const system = () => join(product, `${name}.ts`);
const code = ["infra", "components", "ops", "images", "toolchain", "package.json"];
const changedCode = async () => (await run("git", ["status", "--porcelain", "--", ...code])).stdout;

/** What the README tells: a folder outside the checkout with the system's file, the product's source and its Dockerfile. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-yours-"));
  product = join(folder, "product");
  port = await freePort();
  untouched = await changedCode();
  await cp(join(checkout, "test/workloads/orders"), product, { recursive: true });
  await rm(join(product, "system.ts"));
  await copyFile(join(checkout, "test/fixtures/yours.ts"), system());
  started = await npm("start", "--system", system(), "--https-port", String(port));
  if (started.code !== 0) throw new Error(started.output);
});
afterAll(async () => {
  const down = await npm("down", "--system", system(), "--with-data");
  if (down.code !== 0) throw new Error(down.output);
  await rm(stackFile, { force: true });
  await rm(folder, { recursive: true });
});

describe("a system in one file outside the checkout", () => {
  it("is launched by one command: its own stack, name and image", async () => {
    expect(started.stdout).toContain(`https://${name}.localhost:${port}\n`);
    expect(started.output).not.toMatch(/MODULE_TYPELESS|ExperimentalWarning/);
    const config: unknown = parse(await readFile(stackFile, "utf8"));
    expect(config).toMatchObject({
      config: {
        "slipway:system": system(),
        "slipway:edge": { domain: `${name}.localhost`, httpsPort: port },
        "slipway:image": { build: { context: product } },
      },
    });
  });

  it("runs what the file says: two web processes, a worker, PostgreSQL", async () => {
    const all = await engine.listContainers({ filters: { label: [`slipway.stack=${name}`] } });
    expect(all.map(({ Labels }) => Labels["slipway.part"]).sort()).toEqual(
      ["edge", "postgres", "prometheus", "switch", "web", "web", "worker"].sort(),
    );
    expect([...new Set(all.map(({ Labels }) => Labels["slipway.system"]))]).toEqual(["yours"]);
  });

  it("answers by https", async () => {
    const reply = await getByName({ ca: await rootOf(name), port }, `${name}.localhost`, "/health");
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { status: "healthy", version: "1.0.0" }]);
  });

  it("needed no change of the code, and shows none in a second preview", async () => {
    expect(await changedCode()).toBe(untouched);
    const preview = await npm("preview", "--system", system(), "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });

  it("is told by npm run url and npm run systems", async () => {
    const url = await npm("url", "--system", system());
    expect(url.stdout.trim().split("\n").at(-1)).toBe(`https://${name}.localhost:${port}`);
    const listed = await npm("systems", "--stack", name);
    expect(listed.stdout).toMatch(/^tmws +TMWS 2\.4 /m);
    expect(listed.stdout).toMatch(/^yours +Yours +1\.0\.0 +overlap +web x2, worker +postgres, /m);
  });

  it("keeps its stack: another system in it is refused, and nothing is written", async () => {
    const before = await readFile(stackFile, "utf8");
    const refused = await npm("start", "--system", "tmws", "--stack", name);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain(`stack ${name} runs the system ${system()} (Pulumi.${name}.yaml), not tmws`);
    expect(await readFile(stackFile, "utf8")).toBe(before);
  });

  it("a word that is no system is refused before anything is made", async () => {
    const refused = await npm("start", "--system", "yuors");
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain("--system yuors: allowed are tmws");
    expect(existsSync(join(checkout, "Pulumi.yuors.yaml"))).toBe(false);
  });
});
