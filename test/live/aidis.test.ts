/** AIDIS as a stack: launched, proved by its 21 checks, released in overlap under a load of JSON lines, taken back, destroyed. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { label } from "../../components/container/spec.ts";
import { systemProjectId } from "../../infra/systems/aidis.options.ts";
import { AidisStack } from "./support/aidis-stack.ts";
import { engine } from "./support/host.ts";
import { previewSteps } from "./support/preview.ts";
import { expectNoChanges, expectRefusal, expectSuccess } from "./support/release.ts";
import type { Run } from "./support/run.ts";

let aidis: AidisStack;
let launched: Run;

beforeAll(async () => {
  aidis = await AidisStack.make();
  launched = await aidis.release({ version: "1.0.0", head: "0001_base" });
  expectSuccess(launched);
});
afterAll(async () => aidis.stack.destroy());

/** Milliseconds that the suite measured, as `npm start` tells them. */
function benchmark(what: string, target: number): number {
  const [, ms] = new RegExp(`${what}: (\\d+\\.\\d) ms \\(target < ${target}\\)`).exec(launched.output) ?? [];
  if (ms === undefined) throw new Error(`${what} is not told:\n${launched.output}`);
  return Number(ms);
}

describe("from nothing to proved", () => {
  it("the validation suite is the smoke test: 21 checks, and its two benchmarks are told", () => {
    expect(launched.output).toContain("21 of 21 passed (100 %)");
    // Each is the median of twenty turns, so that a busy machine's one slow turn does not decide.
    expect(benchmark("session creation", 50)).toBeLessThan(50);
    expect(benchmark("project resolution", 25)).toBeLessThan(25);
    expect(launched.output).toContain("Schema is at 0001_base, 1 migrations applied");
  });

  it("left nothing of the suite behind but its words in the audit trail", async () => {
    expect(await aidis.sql("SELECT string_agg(name, ',') FROM projects")).toBe("System Default");
    expect(await aidis.sql("SELECT count(*) FROM sessions")).toBe("0");
    expect(await aidis.sql("SELECT count(*) > 5 FROM event_log WHERE actor LIKE 'validation-%'")).toBe("t");
  });

  it("two servers of the release answer, through the switch", async () => {
    await aidis.expectOneRelease("1.0.0", 2);
    const [answer] = await aidis.ask({ method: "project_list" });
    expect(answer?.result).toMatchObject({ projects: [{ id: systemProjectId, name: "System Default" }] });
  });

  it("publishes nothing: 3001 is off by default", async () => {
    for (const { Id, Names } of await aidis.outside.containers()) {
      expect((await engine.getContainer(Id).inspect()).HostConfig.PortBindings ?? {}, Names[0]).toEqual({});
    }
    expect((await aidis.outside.containers()).filter(({ Labels }) => Labels[label.part] === "edge")).toEqual([]);
  });

  it("a second preview has no step", async () => {
    expect(await previewSteps(aidis.stack)).toEqual([]);
    await expectNoChanges(aidis.stack);
  });

  it("is scraped, every server of it", async () => {
    await expect
      .poll(async () => (await aidis.outside.query('up{job="aidis"} == 1')).length, { timeout: 60_000 })
      .toBe(2);
  });
});

describe("the application's role", () => {
  it.each([
    ["CREATE TABLE t (id int)", "permission denied for schema public"],
    ["CREATE SCHEMA s", "permission denied for database aidis_production"],
    ["CREATE DATABASE d", "permission denied to create database"],
    ["CREATE EXTENSION hstore", 'permission denied to create extension "hstore"'],
    ["DROP TABLE contexts", "must be owner of table contexts"],
    ["ALTER TABLE contexts ADD COLUMN x int", "must be owner of table contexts"],
    ["TRUNCATE contexts", "permission denied for table contexts"],
    ["SELECT count(*) FROM contexts", "done"],
  ])("%s: %s", async (statement, told) => {
    expect(await aidis.asApp(statement)).toBe(told);
  });

  it.each(["postgres", "template1", "slipway_template"])("does not get into %s", async (database) => {
    expect(await aidis.asApp("SELECT 1", database)).toBe(`permission denied for database "${database}"`);
  });
});

async function variables(): Promise<Readonly<Record<string, string>>> {
  const { Config } = await engine.getContainer(await aidis.anyServer()).inspect();
  return Object.fromEntries(
    Config.Env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

describe("variables", () => {
  const user = "variables";
  const quota = () =>
    aidis.ask({ method: "session_start", params: { user } }, { method: "session_start", params: { user } });

  it("every one of the guide has its default in the container", async () => {
    expect(await variables()).toMatchObject({
      DATABASE_MAX_CONNECTIONS: "20",
      DATABASE_SSL: "true",
      DATABASE_URL: expect.stringMatching(
        /^postgresql:\/\/aidis_production_app:[^@]+@postgres:5432\/aidis_production\?sslmode=verify-full&sslrootcert=\//,
      ),
      SESSION_TIMEOUT: "28800000",
      MAX_CONCURRENT_SESSIONS: "10",
      SESSION_PERSISTENCE_INTERVAL: "30000",
      DEFAULT_PROJECT_ID: systemProjectId,
      MAX_PROJECTS_PER_USER: "50",
      AUTO_CREATE_PROJECTS: "true",
      ENABLE_ANALYTICS: "true",
      METRICS_COLLECTION_INTERVAL: "60000",
      PATTERN_DETECTION_ENABLED: "true",
      LOG_LEVEL: "info",
      ENABLE_CORS: "true",
      ALLOWED_ORIGINS: expect.stringMatching(/^https:\/\//),
      JWT_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
      NODE_ENV: "production",
    });
    expect(await variables()).not.toHaveProperty("LOG_FILE");
  });

  it("what config changes holds in every server; what it takes back is the default again", async () => {
    expect((await quota()).map(({ ok }) => ok)).toEqual([true, true]);
    const other = {
      maxConcurrentSessions: 1,
      autoCreateProjects: false,
      enableAnalytics: false,
      allowedOrigins: ["https://a.dev"],
    };
    expectSuccess(await aidis.release({ version: "1.0.0", head: "0001_base" }, {}, other));
    const [limited] = await quota();
    expect(limited?.error?.type).toBe("limit");
    const [named, analysed, called] = await aidis.ask(
      { method: "session_start", params: { user: "other", project: "never made" } },
      { method: "pattern_discover" },
      { method: "ping", origin: "https://b.dev" },
    );
    expect([named?.error?.type, analysed?.error?.type, called?.error?.type]).toEqual([
      "not_found",
      "disabled",
      "forbidden",
    ]);
    const back = Object.fromEntries(Object.keys(other).map((key) => [key, undefined]));
    expectSuccess(await aidis.release({ version: "1.0.0", head: "0001_base" }, {}, back));
    expect((await quota()).map(({ ok }) => ok)).toEqual([true, true]);
    await aidis.expectOneRelease("1.0.0", 2);
  });
});

/** 1,000 contexts with what hurts: NULL in every column that takes it, letters of many alphabets, quotes, long text. */
const seed = `
  INSERT INTO contexts (project_id, session_id, context_type, content, tags, embedding, created_at)
  SELECT '${systemProjectId}', NULL, 'seed',
    CASE n % 5 WHEN 0 THEN repeat('long text ', 2000) || n WHEN 1 THEN 'Grüße, 你好, שלום, 🍌👩‍👩‍👧 ' || n
      WHEN 2 THEN E'\\'quotes\\' "double" \\\\ back\\nlines\\ttabs ' || n WHEN 3 THEN ' ' ELSE 'plain ' || n END,
    CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN ARRAY[NULL, 'ä', '']::text[] ELSE ARRAY['tag', n::text] END,
    (SELECT '[' || string_agg(((n * d) % 97 / 97.0)::text, ',') || ']' FROM generate_series(1, 64) d)::vector,
    timestamptz '2024-02-29 23:59:59.123456+00' + n * interval '1 day'
  FROM generate_series(1, 1000) n`;

/** Of the columns that both revisions have. */
const checksum = () =>
  aidis.sql(
    "SELECT count(*) || ' ' || md5(string_agg(ROW(id, project_id, session_id, context_type, content, tags, embedding, created_at)::text, E'\\n' ORDER BY id)) FROM contexts WHERE context_type = 'seed'",
  );

describe("releases", () => {
  let seeded = "";

  beforeAll(async () => {
    await aidis.sql(seed);
    seeded = await checksum();
    expect(seeded).toMatch(/^1000 [0-9a-f]{32}$/);
  });

  it("0001_base to 0002_context_source under load: no request fails, no write is lost, 1,000 rows are the same", async () => {
    const { result, tally } = await aidis.loaded(() => aidis.release({ version: "1.1.0" }));
    expectSuccess(result);
    aidis.expectNoFailure(tally, ["1.0.0", "1.1.0"]);
    // Every client was told to leave, and left.
    expect(tally.reconnects).toBeGreaterThanOrEqual(4);
    expect(result.output).toContain("Schema is at 0002_context_source, 1 migrations applied");
    expect(await aidis.revision()).toBe("0002_context_source");
    expect(await checksum()).toBe(seeded);
    await aidis.expectOneRelease("1.1.0", 2);
  });

  it("the audit trail has a row for each acknowledged write", async () => {
    const [written] = await aidis.ask({ method: "context_store", params: { content: "audited", user: "auditor" } });
    const id = String(Object(written?.result)["context"]?.id);
    expect(await aidis.sql(`SELECT event_type || ' ' || actor FROM event_log WHERE entity_id = '${id}'`)).toBe(
      "context_stored auditor",
    );
    const missing =
      "SELECT count(*) FROM contexts c WHERE context_type <> 'seed' AND NOT EXISTS (SELECT FROM event_log WHERE entity_id = c.id)";
    expect(await aidis.sql(missing)).toBe("0");
  });

  it("back to 0001_base is refused without a word how, and by schema: there is no downgrade", async () => {
    const older = { version: "1.0.0", head: "0001_base" } as const;
    expectRefusal(await aidis.release(older), "the data are at schema revision 0002_context_source", "rollout.back");
    expectRefusal(await aidis.release(older, { back: "schema" }), "this system has no downgrade");
    await aidis.expectOneRelease("1.1.0", 2);
  });

  it("by restore: the rows of the set from before; those written since are in the set that is named", async () => {
    await aidis.ask({ method: "context_store", params: { content: "written since" } });
    expectSuccess(await aidis.release({ version: "1.0.0", head: "0001_base" }, { back: "data" }));
    expect(await aidis.revision()).toBe("0001_base");
    expect(await checksum()).toBe(seeded);
    expect(await aidis.sql("SELECT count(*) FROM contexts WHERE content = 'written since'")).toBe("0");
    await aidis.expectOneRelease("1.0.0", 2);
  });

  it("by code under load: the schema stays, every write is kept, no request fails", async () => {
    expectSuccess(await aidis.release({ version: "1.2.0" }));
    const { result, tally } = await aidis.loaded(() =>
      aidis.release({ version: "1.0.0", head: "0001_base" }, { back: "code", reads: ["0002_context_source"] }),
    );
    expectSuccess(result);
    aidis.expectNoFailure(tally, ["1.0.0", "1.2.0"]);
    expect(await aidis.revision()).toBe("0002_context_source");
    expect(await checksum()).toBe(seeded);
    await aidis.expectOneRelease("1.0.0", 2);
  });

  it.each([
    ["a server that never gets ready", { version: "1.3.0", fault: "unready" }, "reference fault: unready"],
    [
      "a migration that fails",
      { version: "1.3.0", fault: "migration", revision: "0003_broken" },
      "reference fault: migration",
    ],
  ] as const)("%s is refused, and users notice nothing", async (_, build, words) => {
    const before = await aidis.servers();
    const { result, tally } = await aidis.loaded(() => aidis.release(build, { reads: ["0002_context_source"] }));
    await aidis.expectRefused(result, words);
    aidis.expectNoFailure(tally, ["1.0.0"]);
    expect(await aidis.servers()).toEqual(before);
    expect(await aidis.revision()).toBe("0002_context_source");
  });
});

describe("destroy", () => {
  it("leaves nothing", async () => {
    const down = await aidis.stack.slipway("down", "--with-data");
    expect(down.code, down.output).toBe(0);
    expect(await aidis.outside.leftovers()).toEqual([]);
  });
});
