/** TMWS, Tria and AIDIS on one host. TMWS owns the edge; the other two come by the README's commands, `npm start -- --system NAME`. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { OpenAIDouble } from "../doubles/openai.ts";
import { lives, networksOf, type Place, reaches } from "./support/apart.ts";
import { CommandStack } from "./support/by-command.ts";
import { getByName, rootOf } from "./support/by-name.ts";
import { Outside } from "./support/host.ts";
import { expectRefusal, expectSuccess, launch } from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";
import { openaiDouble } from "./support/tria.ts";

let tmws: TestStack;
let tria: CommandStack;
let aidis: CommandStack;
let double: OpenAIDouble;
let ca: string;
const undo: (() => Promise<void>)[] = [];

const ask = (name: string, path: string) => getByName({ ca, port: tmws.port }, name, path);

beforeAll(async () => {
  tmws = await TestStack.make();
  undo.push(() => tmws.destroy());
  // Before anything runs: a stack of these names that is somebody's is left alone.
  tria = await CommandStack.make("tria", tmws.port);
  undo.push(() => tria.destroy());
  aidis = await CommandStack.make("aidis", tmws.port);
  undo.push(() => aidis.destroy());
  double = await openaiDouble();
  undo.push(() => double.stop());
  await launch(tmws);
  ca = await rootOf(tmws.name);
});
afterAll(async () => {
  const failures: unknown[] = [];
  // The last one first, those that share the edge before its owner; one that cannot go keeps no other.
  for (const each of undo.reverse()) await each().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures);
});

describe("npm start -- --system tria", () => {
  let refused: Run;
  let before: readonly string[];

  beforeAll(async () => {
    before = await lives(tmws);
    refused = await tria.npm("start");
  });

  it("says how to give its OpenAI key when there is none, and makes nothing but its file", async () => {
    expectRefusal(
      refused,
      "slipway:app.openaiApiKey",
      "pulumi config set --path 'slipway:app.openaiApiKey' --secret --stack tria",
    );
    expect(parse(await readFile(tria.file, "utf8"))).toMatchObject({
      config: {
        "slipway:system": "tria",
        "slipway:edge": { domain: "tria.localhost" },
        "slipway:rollout": { bakeSeconds: 0 },
        "slipway:image": { build: { context: "test/workloads/tria" } },
      },
    });
    expect(await new Outside(tria).leftovers()).toEqual([]);
  });

  it("shares an edge of this host without a word of the user's", () => {
    expect(refused.output).toMatch(/stack tria shares the edge of stack [a-z0-9-]+, port \d+ \(slipway:edge\.share in/);
  });

  it("with the key it launches, behind the edge of TMWS", async () => {
    await tria.set(["slipway:app.openaiApiKey", "--secret"], double.key);
    await tria.set(["slipway:app.openaiBaseUrl"], double.url);
    // Of all edges on a busy machine: this test's own.
    await tria.set(["slipway:edge.share"], tmws.name);
    const up = await tria.npm("start");
    expectSuccess(up);
    expect(up.stdout).toContain(`https://tria.localhost:${tmws.port}\n`);
    expect(double.count("/chat/completions")).toBeGreaterThan(0);
    expect(await lives(tmws)).toEqual(before);
  });
});

describe("npm start -- --system aidis", () => {
  it("launches with nothing to be said: proved, on its private network, with nobody's edge", async () => {
    const before = [await lives(tmws), await lives(tria)];
    const up = await aidis.npm("start");
    expectSuccess(up);
    expect(up.output).toContain("21 of 21 passed (100 %)");
    expect(up.output).not.toContain("shares the edge");
    const config: unknown = parse(await readFile(aidis.file, "utf8"));
    expect(config).toMatchObject({
      config: { "slipway:system": "aidis", "slipway:edge": { domain: "aidis.localhost" } },
    });
    expect(config).not.toHaveProperty(["config", "slipway:edge", "share"]);
    expect(await new Outside(aidis).running("edge")).toEqual([]);
    expect([await lives(tmws), await lives(tria)]).toEqual(before);
  });
});

describe("side by side", () => {
  it("TMWS and Tria answer on one port by their own names, each with a certificate of its own", async () => {
    expect(await ask(tmws.domain, "/health")).toMatchObject({ status: 200, names: `DNS:${tmws.domain}` });
    expect(await ask(tria.domain, "/health")).toMatchObject({ status: 200, names: `DNS:${tria.domain}` });
    expect(JSON.parse((await ask(tria.domain, "/version")).body)).toMatchObject({ version: "1.0.0" });
    expect((await new Outside(tmws).running("edge")).length).toBe(1);
    expect(await new Outside(tria).running("edge")).toEqual([]);
  });

  it("AIDIS has no name at the edge", async () => {
    await expect(ask(aidis.domain, "/")).rejects.toThrow(/alert|EPROTO|ssl/i);
  });

  it("no two share a network, and each reaches its own store and none of the others'", async () => {
    const stacks = [tmws, tria, aidis];
    const networks = await Promise.all(stacks.map(networksOf));
    for (const each of networks) expect(each).not.toEqual([]);
    expect(new Set(networks.flat()).size).toBe(networks.flat().length);
    const from: readonly Place[] = [
      { stack: tmws, part: "app", port: 8000 },
      { stack: tria, part: "backend", port: 8003 },
      { stack: aidis, part: "mcp", port: 3001 },
    ];
    const to: readonly Place[] = [
      { stack: tmws, part: "redis", port: 6379 },
      { stack: tria, part: "postgres", port: 5432 },
      { stack: aidis, part: "postgres", port: 5432 },
    ];
    const found = await Promise.all(from.map((one) => Promise.all(to.map((other) => reaches(one, other)))));
    expect(found).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });

  it.each(["tria", "aidis"])("a second preview of %s shows no change", async (name) => {
    const preview = await (name === "tria" ? tria : aidis).npm("preview", "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });
});

describe("one after the other goes", () => {
  it("AIDIS: nothing of it is left, the others were not touched", async () => {
    const before = [await lives(tmws), await lives(tria)];
    expectSuccess(await aidis.npm("down", "--with-data"));
    expect(await new Outside(aidis).leftovers()).toEqual([]);
    expect([await lives(tmws), await lives(tria)]).toEqual(before);
    expect([await ask(tmws.domain, "/health"), await ask(tria.domain, "/health")]).toMatchObject([
      { status: 200 },
      { status: 200 },
    ]);
  });

  it("Tria: nothing of it is left, TMWS was not touched, and the name is free", async () => {
    const before = await lives(tmws);
    expectSuccess(await tria.npm("down", "--with-data"));
    expect(await new Outside(tria).leftovers()).toEqual([]);
    expect(await lives(tmws)).toEqual(before);
    expect((await ask(tmws.domain, "/health")).status).toBe(200);
    expect((await ask(tria.domain, "/health")).status).toBe(404);
  });

  it("their files are the user's and stay", () => {
    expect([tria.file, aidis.file].map(existsSync)).toEqual([true, true]);
  });
});
