/** TMWS 2.3.1 (guide 001) as a stack, with the real Ollama: launch, a release under load, the upgrade to 2.4 in the same stack, and back. */
import { stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { label } from "../../components/container/spec.ts";
import { engine, type Outside } from "./support/host.ts";
import { ModelFiles } from "./support/ollama.ts";
import { previewSteps } from "./support/preview.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  launch,
  patientMs,
  polled,
  serving,
  versionsOf,
} from "./support/release.ts";
import { run } from "./support/run.ts";
import type { TestStack } from "./support/stack.ts";
import { type Data, dataOf, releaseOf, remember, search, tmws23Product, tmws23Stack } from "./support/tmws-2.3.ts";

let files: ModelFiles;
let stack: TestStack;
let outside: Outside;
let bench: Bench;

const revision = () => outside.sql("SELECT version_num FROM alembic_version");
const preferences = () => outside.exec("app", "cat", "/app/config/tmws.json");

/** Name and birth of each data volume: the very same, not ones of the same name. Docker before 24 tells its last change as its creation. */
async function volumes(): Promise<Readonly<Record<string, string>>> {
  const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=${stack.name}`] } });
  const born = async (folder: string) => {
    const { ino, birthtimeMs } = await stat(folder);
    return `${ino} ${birthtimeMs}`;
  };
  const all = Volumes.map(async ({ Name, Mountpoint }) => [Name.split("_")[1], await born(Mountpoint)] as const);
  return Object.fromEntries(await Promise.all(all));
}

const kept = async () => {
  const { data, chromadb, config, logs, backups } = await volumes();
  return { data, chromadb, config, logs, backups, "ollama-data": (await volumes())["ollama-data"] };
};

beforeAll(async () => {
  files = await ModelFiles.make();
  stack = await tmws23Stack(files);
  outside = await launch(stack);
  bench = { stack, outside, product: () => tmws23Product(outside) };
});
afterAll(async () => {
  await stack.destroy();
  await files.remove();
});

describe("launched from nothing", () => {
  it("answers through the edge exactly as the guide says", async () => {
    expect(JSON.parse((await outside.healthy()).body)).toEqual({
      status: "ok",
      version: "2.3.1",
      database: "connected",
      vector_store: "ready",
      ollama: "available",
    });
  });

  it("has the guide's health check; no Redis; Ollama is not published", async () => {
    const { Config, HostConfig } = await outside.inspect("app");
    expect(Config.Healthcheck).toMatchObject({ Interval: 30e9, Timeout: 10e9, StartPeriod: 30e9, Retries: 3 });
    expect(HostConfig.LogConfig).toMatchObject({ Config: { "max-size": "10m", "max-file": "3" } });
    expect(await outside.running("redis")).toEqual([]);
    expect((await outside.inspect("ollama")).HostConfig.PortBindings ?? {}).toEqual({});
  });

  it("finds memories by their embedding", async () => {
    for (const text of ["the harbour at night", "a recipe for bread", "rails of steel"]) await remember(outside, text);
    const [nearest, second] = await search(outside, "the harbour at night");
    expect(nearest).toEqual({ text: "the harbour at night", score: 1 });
    expect(second?.score).toBeLessThan(1);
  });

  it("a second preview finds no change", () => expectNoChanges(stack));
});

describe("a release", () => {
  it("of another image: requests wait for the one writer, none fails, acknowledged writes are the rows", async () => {
    await outside.exec("app", "sh", "-c", `echo '{"search_limit": 2}' > /app/config/tmws.json`);
    const next = { system: "tmws-2.3", version: "2.3.2" } as const;
    const { result, tally, rows } = await polled(bench, () => releaseOf(stack, next), patientMs);
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["2.3.1", "2.3.2"]);
    expect(await preferences()).toContain('"search_limit": 2');
    await expectOneRelease(stack, 1);
  });

  it("that is not healthy is undone under load", async () => {
    const before = await serving(outside);
    const bad = { system: "tmws-2.3", version: "2.3.3", fault: "unhealthy" } as const;
    const { result, tally, rows } = await polled(bench, () => releaseOf(stack, bad), patientMs);
    expectRefusal(result, 'phase "ready"', "serves again");
    expectNoFailure(tally, rows);
    expect(await serving(outside)).toEqual(before);
  });
});

describe("the upgrade of the same stack to 2.4", () => {
  let before: Data;
  let beforeVolumes: Awaited<ReturnType<typeof kept>>;

  it("is one command; --system alone says what it takes", async () => {
    expectSuccess(await releaseOf(stack, { system: "tmws-2.3", version: "2.3.1" }));
    expectRefusal(await stack.slipway("start", "--system", "tmws"), "both are versions of one product");
    before = await dataOf(outside, "tmws-2.3");
    beforeVolumes = await kept();
    expect(before.memories).toContain("the harbour at night");
    expect(before.vectors.split("\n").length).toBeGreaterThan(3);
    const { result, tally, rows } = await polled(bench, () => upgrade(), patientMs);
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["2.3.1", "2.4.0"]);
    expect(result.output).toContain("Migrated 1000 agent(s) to FREE tier");
  });

  it("the data are the same; the schema is 2.4's; the vectors lie where 2.4 has them", async () => {
    expect(await dataOf(outside, "tmws", before.moment)).toEqual(before);
    expect(await revision()).toBe("20251124_v2_license");
    expect((await search(outside, "the harbour at night"))[0]).toEqual({ text: "the harbour at night", score: 1 });
    expect(JSON.parse((await outside.healthy()).body)).toEqual({ status: "healthy", version: "2.4.0" });
  });

  it("Ollama is kept; what 2.4 does not name is there, unmounted; a second preview finds no change", async () => {
    expect(await kept()).toEqual(beforeVolumes);
    expect(await outside.running("ollama")).toHaveLength(1);
    const { Mounts } = await outside.inspect("app");
    expect(Mounts.map(({ Destination }) => Destination).sort()).toEqual([
      "/app/data",
      "/app/data/chromadb",
      "/app/data/licenses",
    ]);
    await expectNoChanges(stack);
  });

  it("back to 2.3.1 by 2.4's own downgrade: rows, vectors, secret and config are there", async () => {
    await remember(outside, "written by 2.4");
    const newer = await dataOf(outside, "tmws");
    await stack.set(["slipway:rollout", "back"], "schema");
    expectSuccess(await releaseOf(stack, { system: "tmws-2.3", version: "2.3.1" }));
    expect(await dataOf(outside, "tmws-2.3")).toEqual(newer);
    expect(await revision()).toBe("315d506e2598");
    expect(await outside.sql("SELECT count(*) FROM sqlite_master WHERE name = 'license_keys'")).toBe("0");
    expect(await preferences()).toContain('"search_limit": 2');
    expect(await kept()).toEqual(beforeVolumes);
    expect((await search(outside, "written by 2.4"))[0]?.score).toBe(1);
    await expectNoChanges(stack);
    await stack.set(["slipway:rollout", "back"], undefined);
  });

  it("a 2.4 that fails its smoke test is undone: 2.3.1 serves with its data", async () => {
    const good = await dataOf(outside, "tmws-2.3");
    expectRefusal(await upgrade("smoke"), "imports a license", "the schema is back at 315d506e2598");
    expect(await dataOf(outside, "tmws-2.3")).toEqual(good);
    expect(JSON.parse((await outside.healthy()).body)).toMatchObject({ status: "ok", version: "2.3.1" });
  });

  it("restored: back by data to what was before the upgrade", async () => {
    const good = await dataOf(outside, "tmws-2.3");
    expectSuccess(await upgrade());
    await remember(outside, "lost with the restore, kept in a set");
    await stack.set(["slipway:rollout", "back"], "data");
    expectSuccess(await releaseOf(stack, { system: "tmws-2.3", version: "2.3.1" }));
    expect(await dataOf(outside, "tmws-2.3")).toEqual(good);
    expect(await preferences()).toContain('"search_limit": 2');
    await expectNoChanges(stack);
  });
});

describe("config", () => {
  it("more than one replica is refused with the guide's reason, and changes nothing", async () => {
    const before = await outside.fingerprint();
    await stack.set(["slipway:app", "replicas"], 2);
    const refused = await stack.slipway("start");
    await stack.set(["slipway:app", "replicas"], undefined);
    expectRefusal(refused, "SQLite is not designed for horizontal scaling", /guide 001, Scaling/);
    expect(await outside.fingerprint()).toEqual(before);
  });

  it("a variable is a release of the app alone", async () => {
    await stack.set(["slipway:app", "dbPoolSize"], 7);
    expect(await previewSteps(stack)).toEqual(["update rollout", "update smoke-test"]);
    await stack.set(["slipway:app", "dbPoolSize"], undefined);
  });

  it("npm run systems lists both versions", async () => {
    const listed = await run("npm", ["run", "-s", "systems"], stack.env);
    expect(listed.stdout).toMatch(/^tmws-2\.3 +TMWS 2\.3\.1 +2\.3\.1 +stop-first .*npm start -- --system tmws-2\.3$/m);
  });
});

/** From 2.3.1 to 2.4 with its Ollama. */
function upgrade(fault = "none") {
  return releaseOf(stack, { system: "tmws", version: "2.4.0", fault });
}
