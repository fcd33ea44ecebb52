/** Tria AIBPO (guide 003) as a stack: two replicas on PostgreSQL and Redis, OpenAI by a double. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messageOf } from "../../components/steps/failure.ts";
import type { OpenAIDouble } from "../doubles/openai.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectRefusal,
  expectSuccess,
  expectWholeAnswers,
  launch,
  polled,
  versionsOf,
} from "./support/release.ts";
import type { Run } from "./support/run.ts";
import type { TestStack } from "./support/stack.ts";
import { backends, chat, inside, openaiDouble, triaProduct, triaSql, triaStack, without } from "./support/tria.ts";

let double: OpenAIDouble;
let stack: TestStack;
let outside: Outside;
let bench: Bench;

const base = { version: "1.0.0", head: "0001_base" };
const next = { version: "1.1.0", head: "0002_intent" };

interface Build {
  readonly version: string;
  readonly head: string;
  readonly fault?: string;
  /** The schema that the release wants, when it is not the head. */
  readonly revision?: string;
}

/** Releases a build of the reference application. */
async function release({ version, head, fault = "none", revision = head }: Build): Promise<Run> {
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, HEAD: head, FAULT: fault });
  await stack.set(["slipway:app", "version"], version);
  await stack.set(["slipway:app", "schemaRevision"], revision);
  return stack.slipway("start");
}

const readiness = "/api/v1/health/readiness";

const ready = () =>
  eventually(
    "every replica is ready",
    async () => {
      const found = await backends(outside);
      const answers = await Promise.all(found.map(({ id }) => inside(id, readiness)));
      return answers.length === 2 && answers.every(({ status }) => status === 200) ? true : undefined;
    },
    120,
  );

beforeAll(async () => {
  double = await openaiDouble();
  stack = await triaStack(double);
  await stack.set(["slipway:image", "build", "args"], { VERSION: base.version, HEAD: base.head });
  await stack.set(["slipway:app", "version"], base.version);
  await stack.set(["slipway:app", "schemaRevision"], base.head);
  outside = await launch(stack);
  bench = { stack, outside, product: () => triaProduct(outside) };
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
});

describe("launched", () => {
  it("its probes, before the switch and after, asked the model once each in spite of all they sent, and left nothing", async () => {
    expect([1, 2]).toContain(double.count("/chat/completions"));
    expect(await triaSql(outside, "SELECT count(*) FROM customers")).toBe("0");
  });

  it("a second preview finds no change", () => expectNoChanges(stack));

  it("metrics and diagnostics are not public, by whatever spelling; inside they are there", async () => {
    const spellings = ["/metrics", "//metrics", "/metrics/", "/%6detrics", "/./metrics", "/api/v1/health/diagnostics"];
    for (const path of [...spellings, "/api/v1//health/diagnostics", "/api/v1/health/diagnostics/"]) {
      expect((await outside.https("GET", path)).status, path).toBe(404);
    }
    const [one] = await backends(outside);
    for (const path of ["/metrics", "/api/v1/health/diagnostics"]) {
      expect((await inside(one?.id ?? "", path)).status, path).toBe(200);
    }
  });
});

describe("the chatbot", () => {
  it("one key, twenty times at once at two replicas: one effect, one answer to the letter", async () => {
    const calls = double.count("/chat/completions");
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => chat(outside, "many", "order 2 x BOX-12", "many")),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(double.count("/chat/completions")).toBe(calls + 1);
    const counts =
      "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM conversations), (SELECT count(*) FROM messages)";
    expect(await triaSql(outside, counts)).toBe("1|1|2");
  });

  it("without a key, and with a key of another request, it refuses", async () => {
    const body = { message: "hello", user_id: "many" };
    expect((await outside.https("POST", "/api/chatbot", { body })).status).toBe(422);
    expect((await chat(outside, "many", "order 3 x BOX-12", "many")).status).toBe(422);
  });

  it("OpenAI away: this answer is 503, the replicas stay ready", async () => {
    double.manners.failing = true;
    try {
      expect((await chat(outside, "away", "hello")).status).toBe(503);
      await ready();
    } finally {
      double.manners.failing = false;
    }
    expect((await chat(outside, "away", "hello")).status).toBe(200);
  });
});

describe("start-up and readiness", () => {
  it("a key that OpenAI refuses: the release fails with the phase and the cause, the old one serves", async () => {
    const before = await backends(outside);
    await stack.setSecret("slipway:app.openaiApiKey", "sk-not-the-key-000");
    const up = await stack.slipway("start");
    await stack.setSecret("slipway:app.openaiApiKey", double.key);
    expectRefusal(up, /startup failed in phase 4\/6 external services: .*refuses OPENAI_API_KEY with status 401/);
    expect((await backends(outside)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expectSuccess(await stack.slipway("start"));
  });

  it("Redis away: not ready; a replica that starts now names the phase; all comes back by itself", async () => {
    const [one] = await backends(outside);
    const container = engine.getContainer(one?.id ?? "");
    await without(outside, "redis", async () => {
      expect((await inside(one?.id ?? "", readiness)).status).toBe(503);
      await container.restart({ t: 10 });
      await eventually("it says why", async () => {
        const log = (await container.logs({ stdout: true, stderr: true, tail: 200 })).toString();
        return /startup failed in phase 3\/6 redis: redis:6379/.test(log) ? true : undefined;
      });
    });
    await ready();
  });

  it("the database away: not ready, nobody gets an answer by halves, nobody is restarted", async () => {
    const before = await backends(outside);
    await without(outside, "postgres", async () => {
      for (const { id } of before) {
        const { status, body } = await inside(id, readiness);
        expect(status, body).toBe(503);
        expect(JSON.parse(body)).toMatchObject({ status: "unhealthy", services: { database: { healthy: false } } });
        expect((await inside(id, "/health")).status).toBe(200);
      }
      // Refused by the replica itself at first, held by the switch once that knows.
      const met = await outside.https("GET", readiness).then(({ status }) => String(status), messageOf);
      expect(["503", "no answer within 10 s"]).toContain(met);
    });
    await ready();
    await outside.healthy();
    expect(await backends(outside)).toEqual(before);
  });
});

describe("releases", () => {
  let seeded = "";

  beforeAll(async () => {
    await triaSql(outside, seed);
    seeded = await triaSql(outside, checksum);
    expect(seeded).toMatch(/^1000 [0-9a-f]{32}$/);
  });

  it("in overlap, through a migration: no request fails, 1,000 rows with edge values are the same", async () => {
    const { result, tally, rows } = await polled(bench, () => release(next));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["1.0.0", "1.1.0"]);
    expect(await triaSql(outside, checksum)).toBe(seeded);
    await expectNoChanges(stack);
  });

  it("a broken migration changes nothing", async () => {
    const refused = await release({ ...next, version: "1.2.0", fault: "migration", revision: "0003_broken" });
    expectRefusal(refused, /broken_on_purpose/);
    expect(await triaSql(outside, revision)).toBe(next.head);
  });

  it("back by code, on the schema as it is: no request fails, every write is kept", async () => {
    await stack.set(["slipway:rollout", "back"], "code");
    await stack.set(["slipway:rollout", "reads"], [next.head]);
    const { result, tally, rows } = await polled(bench, () => release(base));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["1.0.0", "1.1.0"]);
    expect(await triaSql(outside, revision)).toBe(next.head);
    expect(await triaSql(outside, checksum)).toBe(seeded);
    await stack.set(["slipway:rollout", "back"], undefined);
    await stack.set(["slipway:rollout", "reads"], undefined);
    expectSuccess(await release(next));
  });

  it("back by restore: the rows are those of before the migration", async () => {
    await stack.set(["slipway:rollout", "back"], "data");
    const { result, tally } = await polled(bench, () => release(base));
    await stack.set(["slipway:rollout", "back"], undefined);
    expectSuccess(result);
    expect(tally.broken).toEqual([]);
    expect(await triaSql(outside, revision)).toBe(base.head);
    expect(await triaSql(outside, checksum)).toBe(seeded);
    await ready();
  });

  it("Chroma beside it, by meaning; killed, the replicas stay ready and say what is degraded", async () => {
    await stack.set(["slipway:app", "chroma"], true);
    expectSuccess(await stack.slipway("start"));
    expect((await chat(outside, "chroma", "what boxes are there?")).status).toBe(200);
    expect(double.count("/embeddings")).toBeGreaterThan(0);
    await without(outside, "chroma", async () => {
      const [one] = await backends(outside);
      const { status, body } = await inside(one?.id ?? "", readiness);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ status: "degraded", services: { chromadb: { healthy: false } } });
      expect((await chat(outside, "chroma-away", "what cups are there?")).status).toBe(200);
    });
  });

  it("a process that hangs gets no requests and is started again, without anybody's help", async () => {
    expectSuccess(await release({ version: "1.3.0", head: base.head, fault: "hang" }));
    const before = await backends(outside);
    const { tally, rows } = await polled(bench, async () => {
      expect((await outside.https("POST", "/fault/hang")).status).toBe(202);
      await eventually(
        "one replica began anew",
        async () => {
          const now = await backends(outside);
          const anew = now.filter(({ startedAt }) => !before.some((each) => each.startedAt === startedAt));
          return now.length === 2 && anew.length === 1 ? true : undefined;
        },
        180,
      );
      await ready();
    });
    expectWholeAnswers(tally, rows);
  });
});

describe("destroy", () => {
  it("leaves nothing: no container, no network, no volume", async () => {
    const mine = await outside.leftovers();
    expect(mine).toEqual(expect.arrayContaining(["_postgres", "_private", "_egress", "_journal"].map(ending)));
    const down = await stack.slipway("down", "--with-data");
    expect(down.code, down.output).toBe(0);
    expect(await outside.leftovers()).toEqual([]);
  });
});

const ending = (text: string) => expect.stringMatching(new RegExp(`${text}$`));

const revision = "SELECT revision FROM schema_revisions ORDER BY position DESC LIMIT 1";

/** 1,000 customers: NULL, empty, unicode, control characters, quotes, and a text of 100,000 letters. */
const seed = `
  INSERT INTO customers (user_id, name, notes, created_at)
  SELECT 'seed-' || n,
    CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'Zoë 雪 🚢 ' || n WHEN 3 THEN E'a\\tb\\n''c"' || n ELSE 'plain ' || n END,
    CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN repeat('x', 100000) WHEN 2 THEN E'\\u00e9\\u0301' ELSE 'note' END,
    timestamptz '1999-12-31 23:59:59.999999+00' + n * interval '1 hour'
  FROM generate_series(1, 1000) n`;

const checksum = `
  SELECT count(*) || ' ' || md5(string_agg(md5(ROW(id, user_id, name, notes, created_at)::text), '' ORDER BY id))
  FROM customers WHERE user_id LIKE 'seed-%'`;
