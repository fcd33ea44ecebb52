/** AIDIS's reference application by its own containers: everything that guide 002 names is there and works, in both directions. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import checklist from "../fixtures/aidis-checklist.json" with { type: "json" };
import { AidisBench, ask, logsOf, newUser, type Reply, systemProjectId } from "./support/aidis.ts";
import { engine, eventually, runner } from "./support/host.ts";
import { run } from "./support/run.ts";

const bench = new AidisBench();
/** The default server: every variable as the guide has it. */
let server: string;

const asked = z.strictObject({
  ask: z.strictObject({
    method: z.string(),
    params: z.record(z.string(), z.unknown()).optional(),
    origin: z.string().optional(),
  }),
  ok: z.boolean(),
  error: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  /** Names of values for later requests, by their path in the result. */
  save: z.record(z.string(), z.string()).optional(),
});

const check = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sql"), sql: z.string(), expect: z.string() }),
  /** Requests in turn to the default server, or to one with other variables. */
  z.strictObject({
    kind: z.literal("server"),
    env: z.record(z.string(), z.string()).optional(),
    requests: z.array(asked),
  }),
  z.strictObject({ kind: z.literal("metric"), series: z.string() }),
  /** Proved by the test of that title below. */
  z.strictObject({ kind: z.literal("test"), title: z.string() }),
]);

beforeAll(async () => {
  await bench.start();
  expect(await bench.migrate("0002_context_source")).toMatchObject({ code: 0 });
  server = (await bench.server()).id;
});
afterAll(async () => bench.remove());

/** A server with these variables for the time of the work. */
async function withServer<T>(env: Readonly<Record<string, string>>, work: (id: string) => Promise<T>): Promise<T> {
  const container = await bench.server(env);
  try {
    return await work(container.id);
  } finally {
    await bench.stop(container);
  }
}

async function one(id: string, method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
  const [first] = await ask(id, [{ method, params }]);
  if (first === undefined) throw new Error(`no answer to ${method}`);
  return first;
}

async function must<T>(id: string, method: string, params: Record<string, unknown>, shape: z.ZodType<T>): Promise<T> {
  const answer = await one(id, method, params);
  if (!answer.ok) throw new Error(`${method}: ${answer.error?.message}`);
  return shape.parse(answer.result);
}

const started = z.object({ token: z.string(), session: z.object({ id: z.string(), project_id: z.string() }) });
const status = z.object({ session: z.object({ status: z.string(), requests: z.string() }) });

function valueAt(tree: unknown, path: string): string {
  return String(path.split(".").reduce((now, key) => z.record(z.string(), z.unknown()).parse(now)[key], tree));
}

/** One connection each: what a request saves is in the next ones. */
async function proveRequests(id: string, requests: readonly z.infer<typeof asked>[]): Promise<void> {
  const saved = new Map([["USER", newUser()]]);
  const fill = (text: string) =>
    text.replaceAll(/\$\{([A-Z]+)\}/g, (_, name: string) => saved.get(name) ?? `no ${name}`);
  const filled = <T>(value: T): T => JSON.parse(fill(JSON.stringify(value)));
  const done: z.infer<typeof asked>["ask"][] = [];
  const reads = new Set(["project_current"]);
  for (const wanted of requests) {
    const request = filled(wanted.ask);
    // A connection has a current project: what was switched before is switched again on this one.
    const before = done.filter(({ method, params }) => method === "project_switch" && params?.["token"] === undefined);
    const answers = await ask(id, [...(reads.has(request.method) ? before : []), request]);
    const answer = answers.at(-1);
    expect(answer?.ok, JSON.stringify({ request, answer })).toBe(wanted.ok);
    if (wanted.error !== undefined) expect(answer?.error?.type).toBe(wanted.error);
    if (wanted.result !== undefined) expect(answer?.result).toMatchObject(filled(wanted.result));
    for (const [name, path] of Object.entries(wanted.save ?? {})) saved.set(name, valueAt(answer?.result, path));
    done.push(request);
  }
}

describe("everything that the guide names is there and works", () => {
  it.each(checklist.map((entry) => [entry.guide, entry.what, entry.name, entry.check]))(
    "guide %s, %s: %s",
    async (_guide, _what, _name, raw) => {
      const wanted = check.parse(raw);
      switch (wanted.kind) {
        case "sql":
          return expect(await bench.sql(wanted.sql)).toBe(wanted.expect);
        case "server":
          return wanted.env === undefined
            ? proveRequests(server, wanted.requests)
            : withServer(wanted.env, (id) => proveRequests(id, wanted.requests));
        case "metric":
          return expect(
            (await metrics(server)).split("\n").filter((line) => line.startsWith(`${wanted.series} `)),
          ).toEqual([expect.stringMatching(/ [0-9.e+-]+$/)]);
        case "test":
          return expect(readFileSync(import.meta.filename, "utf8")).toContain(`it("${wanted.title}"`);
      }
    },
  );
});

async function get(id: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const script = `fetch("http://127.0.0.1:9090${path}", { headers: ${JSON.stringify(headers)} }).then(async (r) => console.log(r.status, r.headers.get("access-control-allow-origin"), await r.text()))`;
  const { exitCode, output } = await runner.exec(id, { argv: ["node", "-e", script] });
  if (exitCode !== 0) throw new Error(output);
  return output;
}

const metrics = (id: string) => get(id, "/metrics");

describe("migrations", () => {
  it("npm run migrate goes forward by name, and changes nothing the second time", async () => {
    const rows = "SELECT id || ' ' || name || ' ' || applied_at FROM migrations ORDER BY id";
    const before = await bench.sql(rows);
    const again = await Promise.all([bench.migrate("0001_base"), bench.migrate("0002_context_source")]);
    expect(again.map(({ code, output }) => `${code} ${output.trim()}`)).toEqual([
      "0 Schema is at 0001_base, 0 migrations applied",
      "0 Schema is at 0002_context_source, 0 migrations applied",
    ]);
    expect(await bench.sql(rows)).toBe(before);
    expect((await bench.once(["aidis-migrate", "heads"])).output).toBe("0002_context_source\n");
    expect((await bench.once(["aidis-migrate", "knows", "0001_base"])).code).toBe(0);
    expect((await bench.once(["aidis-migrate", "knows", "0003_broken"])).code).toBe(1);
  });

  it("the app's role may not migrate", async () => {
    const denied = await bench.once(["npm", "run", "--silent", "migrate"]);
    expect(denied).toMatchObject({ code: 1 });
    expect(denied.output).toContain("permission denied for schema public");
  });

  it("one that fails leaves nothing behind", async () => {
    const image = `${bench.image}-broken`;
    await bench.build(image, "FAULT=migration");
    try {
      const failed = await bench.migrate("0003_broken", image);
      expect(failed.code).toBe(1);
      expect(failed.output).toContain("migration 0003_broken: reference fault: migration");
      const columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'broken'";
      expect(await bench.sql(columns)).toBe("0");
      expect(await bench.sql("SELECT count(*) FROM migrations")).toBe("2");
    } finally {
      await run("docker", ["rmi", image]);
    }
  });

  it("there is no way back but a restore: the image of 0001_base serves on 0002_context_source", async () => {
    const image = `${bench.image}-old`;
    await bench.build(image, "HEAD=0001_base", "VERSION=0.9.0");
    try {
      const old = await bench.server({}, image);
      await must(old.id, "context_store", { content: "by the old code", source: "ignored" }, z.object({}));
      expect((await bench.once(["aidis-migrate", "knows", "0002_context_source"], {}, image)).code).toBe(1);
      await bench.stop(old);
    } finally {
      await run("docker", ["rmi", image]);
    }
  });
});

describe("the validation suite", () => {
  it("the validation suite: 21 checks, two benchmarks, nothing left", async () => {
    const counts =
      "SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM sessions), (SELECT count(*) FROM contexts)";
    const before = await bench.sql(counts);
    const { exitCode, output } = await runner.exec(server, { argv: ["aidis-validate", "--host", "127.0.0.1"] });
    const lines = output.trim().split("\n");
    expect(exitCode, output).toBe(0);
    expect(lines.filter((line) => line.startsWith("ok ")).length).toBe(21);
    expect(lines.slice(21)).toEqual([
      expect.stringMatching(/^session creation: \d+\.\d ms \(target < 50\)/),
      expect.stringMatching(/^project resolution: \d+\.\d ms \(target < 25\)/),
      "21 of 21 passed (100 %)",
    ]);
    expect(await bench.sql(counts)).toBe(before);
  });

  it("fails below 95 %: two checks that fail are too many", async () => {
    const asOwner = async (statement: string) => {
      const told = await bench.postgres.session((session) => bench.postgres.as(session, "owner", statement));
      expect(told.exitCode, told.output).toBe(0);
    };
    const key = "CONSTRAINT fk_code_analysis_sessions_session";
    await asOwner(`DROP INDEX idx_contexts_type; ALTER TABLE code_analysis_sessions DROP ${key}`);
    const { exitCode, output } = await runner.exec(server, { argv: ["aidis-validate"] });
    await asOwner(
      `CREATE INDEX idx_contexts_type ON contexts (context_type); ALTER TABLE code_analysis_sessions ADD ${key} FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE SET NULL`,
    );
    expect(output).toContain('FAILED foreign keys: missing: wanted [], got ["fk_code_analysis_sessions_session"]');
    expect(output).toContain('FAILED performance indexes: missing: wanted [], got ["idx_contexts_type"]');
    expect([exitCode, output.trim().split("\n").at(-1)]).toEqual([1, "19 of 21 passed (90 %)"]);
  });

  it("holds what is switched off to its word", async () => {
    const env = { ENABLE_ANALYTICS: "false", AUTO_CREATE_PROJECTS: "false", MAX_CONCURRENT_SESSIONS: "1" };
    const output = await withServer(env, async (id) => (await runner.exec(id, { argv: ["aidis-validate"] })).output);
    expect(output).toContain("21 of 21 passed (100 %)");
  });
});

/** The address of a database that is not there. */
const nowhere = () => bench.url("app").replace("/orders?", "/nothing?");

describe("variables", () => {
  it("DATABASE_URL: a role that may not, a database that is not there", async () => {
    const wrong = await bench.container([], { DATABASE_URL: nowhere() });
    await eventually("an answer", async () => ((await one(wrong.id, "ping")).ok ? true : undefined));
    expect((await one(wrong.id, "health")).error).toEqual({ type: "internal", message: "internal error" });
    expect((await runner.exec(wrong.id, { argv: ["aidis-health"] })).exitCode).toBe(1);
    await bench.stop(wrong);
    const denied = await bench.postgres.session((session) =>
      bench.postgres.as(session, "app", "CREATE TABLE t (id int)"),
    );
    expect(denied.output).toContain("permission denied for schema public");
  });

  it("DATABASE_MAX_CONNECTIONS bounds the pool", async () => {
    await withServer({ DATABASE_MAX_CONNECTIONS: "2" }, async (id) => {
      await Promise.all(Array.from({ length: 8 }, () => ask(id, Array(20).fill({ method: "project_list" }))));
      expect(await metrics(id)).toMatch(/^aidis_pool_connections\{state="total"\} 2$/m);
    });
  });

  it("DATABASE_SSL=true wants a certificate that is verified", async () => {
    const plain = "postgresql://a:b@postgres:5432/orders";
    const unverified = await bench.once([], { DATABASE_URL: plain });
    expect(unverified).toMatchObject({ code: 1 });
    expect(unverified.output).toContain("DATABASE_SSL=true: DATABASE_URL must carry sslmode=verify-full");
    const both = await bench.once([], { DATABASE_SSL: "false" });
    expect(both.output).toContain("DATABASE_SSL=false: DATABASE_URL asks for TLS");
    const secured =
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'aidis'";
    expect((await ask(server, [{ method: "project_list" }]))[0]?.ok).toBe(true);
    expect(await bench.sql(secured)).toBe("t");
    // A CA that did not sign the server's certificate: the application gets nothing out of the database.
    const stranger = bench.url("app").replace(/sslrootcert=.*$/, "sslrootcert=/etc/ssl/certs/ca-certificates.crt");
    const fooled = await bench.container([], { DATABASE_URL: stranger, NODE_ENV: "staging" });
    await eventually("an answer", async () => ((await one(fooled.id, "ping")).ok ? true : undefined));
    expect((await one(fooled.id, "health")).error?.message).toMatch(/certificate/);
    await bench.stop(fooled);
  });

  it("SESSION_TIMEOUT ends a session that nobody uses", async () => {
    await withServer({ SESSION_TIMEOUT: "2000", MAX_CONCURRENT_SESSIONS: "1" }, async (id) => {
      const user = newUser();
      const { token } = await must(id, "session_start", { user }, started);
      await eventually("an expired session", async () =>
        (await must(id, "session_status", { token }, status)).session.status === "expired" ? true : undefined,
      );
      expect((await one(id, "context_store", { token, content: "a" })).error).toMatchObject({
        type: "forbidden",
        message: "the session is expired",
      });
      // It no longer counts.
      await must(id, "session_start", { user }, started);
    });
  });

  it("SESSION_PERSISTENCE_INTERVAL: the use of a session is written down in between and at the end", async () => {
    const requestsOf = (session: string) => bench.sql(`SELECT requests FROM sessions WHERE id = '${session}'`);
    await withServer({ SESSION_PERSISTENCE_INTERVAL: "200" }, async (id) => {
      const { token, session } = await must(id, "session_start", { user: newUser() }, started);
      await one(id, "project_current", { token });
      await eventually("a written session", async () => ((await requestsOf(session.id)) === "1" ? true : undefined));
    });
    const late = await bench.server({ SESSION_PERSISTENCE_INTERVAL: "3600000" });
    const { token, session } = await must(late.id, "session_start", { user: newUser() }, started);
    await one(late.id, "project_current", { token });
    expect(await requestsOf(session.id)).toBe("0");
    await late.stop({ t: 30 });
    expect(await requestsOf(session.id)).toBe("1");
    await bench.stop(late);
  });

  it("DEFAULT_PROJECT_ID: sessions begin in it; one that names nothing is not healthy", async () => {
    const project = z.object({ project: z.object({ id: z.string() }) });
    const made = await must(server, "project_create", { name: `Default ${newUser()}` }, project);
    const begin = (id: string) => must(id, "session_start", { user: newUser() }, started);
    expect((await begin(server)).session.project_id).toBe(systemProjectId);
    await withServer({ DEFAULT_PROJECT_ID: made.project.id }, async (id) => {
      expect((await begin(id)).session.project_id).toBe(made.project.id);
    });
    const lost = await bench.container([], { DEFAULT_PROJECT_ID: "00000000-0000-4000-8000-000000000009" });
    await eventually("an answer", async () => ((await one(lost.id, "ping")).ok ? true : undefined));
    expect((await runner.exec(lost.id, { argv: ["aidis-health"] })).output).toContain("names no project");
    await bench.stop(lost);
  });

  it("METRICS_COLLECTION_INTERVAL: samples come, of all servers one in an interval", async () => {
    const analysis = z.object({ analysis: z.object({ id: z.string() }) });
    const env = { METRICS_COLLECTION_INTERVAL: "1000" };
    await withServer(env, async (id) => {
      await withServer(env, async () => {
        const { analysis: made } = await must(id, "metrics_start", { user: newUser() }, analysis);
        const sample = `SELECT samples || ' ' || (extract(epoch FROM now() - created_at) + 1 >= samples * 0.9) FROM metrics_collection_sessions WHERE id = '${made.id}'`;
        await eventually("three samples", async () => ((await bench.sql(sample)).startsWith("3 ") ? true : undefined));
        expect(await bench.sql(sample)).toMatch(/ true$/);
        expect((await one(id, "metrics_stop", { id: made.id })).ok).toBe(true);
      });
    });
  });

  it("LOG_LEVEL and LOG_FILE", async () => {
    const lines = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => z.object({ level: z.string(), message: z.string() }).parse(JSON.parse(line)));
    const debug = await bench.server({ LOG_LEVEL: "debug" });
    expect(lines(await logsOf(debug)).map(({ message }) => message)).toContain("request");
    await bench.stop(debug);
    const warn = await bench.server({ LOG_LEVEL: "warn" });
    expect(await logsOf(warn)).toBe("");
    await bench.stop(warn);
    const file = await bench.server({ LOG_FILE: "/tmp/production.log" });
    expect(await logsOf(file)).toBe("");
    const { output } = await runner.exec(file.id, { argv: ["cat", "/tmp/production.log"] });
    expect(lines(output)[0]).toEqual({ level: "info", message: "started" });
    await bench.stop(file);
    expect(await bench.once([], { LOG_FILE: "/nowhere/a.log" })).toMatchObject({ code: 1 });
  });

  it("CORS headers for the allowed origins only", async () => {
    await withServer({ ALLOWED_ORIGINS: "https://a.dev" }, async (id) => {
      expect(await get(id, "/health", { origin: "https://a.dev" })).toMatch(/^200 https:\/\/a\.dev /);
      expect(await get(id, "/health", { origin: "https://b.dev" })).toMatch(/^200 null /);
    });
  });

  it("JWT_SECRET: a token opens its session with the same secret only", async () => {
    const { token } = await must(server, "session_start", { user: newUser() }, started);
    await withServer({}, async (id) => expect((await one(id, "session_status", { token })).ok).toBe(true));
    await withServer({ JWT_SECRET: "fedcba9876543210".repeat(4) }, async (id) =>
      expect((await one(id, "session_status", { token })).error?.type).toBe("forbidden"),
    );
    expect((await bench.once([], { JWT_SECRET: "short" })).output).toContain("JWT_SECRET: allowed are 32 characters");
  });

  it("NODE_ENV: production wants a secret and hides what the database says", async () => {
    // An empty variable is as good as none to Docker, not to the server: it is too short.
    expect(await bench.once(["env", "-u", "JWT_SECRET", "node", "src/server.mjs"])).toMatchObject({
      code: 1,
      output: "aidis: JWT_SECRET: required in production\n",
    });
    const open = await bench.container([], { NODE_ENV: "development", DATABASE_URL: nowhere() });
    await eventually("an answer", async () => ((await one(open.id, "ping")).ok ? true : undefined));
    expect((await one(open.id, "health")).error?.message).not.toBe("internal error");
    await bench.stop(open);
  });

  it("ENV_FILE: read first, the process's own variables win", async () => {
    const script = "printf 'LOG_LEVEL=debug\\nMAX_CONCURRENT_SESSIONS=1\\n' > /tmp/env && exec node src/server.mjs";
    const container = await bench.container(["sh", "-c", script], { ENV_FILE: "/tmp/env", LOG_LEVEL: "warn" });
    await eventually("an answer", async () => ((await one(container.id, "ping")).ok ? true : undefined));
    const user = newUser();
    await must(container.id, "session_start", { user }, started);
    expect((await one(container.id, "session_start", { user })).error?.type).toBe("limit");
    expect(await logsOf(container)).toBe("");
    await bench.stop(container);
    expect((await bench.once([], { ENV_FILE: "/nowhere" })).output).toContain("ENV_FILE=/nowhere: ENOENT");
  });
});

/** Talks to the server and stays: prints every line that comes. Its own container, so that it outlives the server. */
async function talker(host: string, script: string) {
  const program = `const s = require("node:net").connect(3001, "${host}"); s.setEncoding("utf8").on("data", (t) => process.stdout.write(t)).on("close", () => { console.log("closed"); process.exit(0); }); ${script}`;
  return bench.container(["node", "-e", program]);
}

async function addressOf(id: string): Promise<string> {
  const { NetworkSettings } = await engine.getContainer(id).inspect();
  return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
}

describe("the protocol", () => {
  it("answers the guide's own line from a client that closes its side at once", async () => {
    const client = await talker(await addressOf(server), `s.end('{"method": "project_list"}\\n');`);
    await client.wait();
    const [line = "", last] = (await logsOf(client)).trim().split("\n");
    expect([JSON.parse(line).ok, last]).toEqual([true, "closed"]);
  });

  it("hangs up on what is no JSON: a web page cannot speak to it", async () => {
    const client = await talker(
      await addressOf(server),
      `s.write('POST / HTTP/1.1\\r\\n\\r\\n{"method":"project_list"}\\n');`,
    );
    await client.wait();
    const lines = (await logsOf(client)).trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      ok: false,
      error: { type: "bad_request", message: "not JSON" },
    });
  });

  it("SIGTERM: says drain, answers on until the client leaves, then ends with 0", async () => {
    const container = await bench.server({ DRAIN_SECONDS: "20" });
    const ping = JSON.stringify({ method: "ping" });
    const script = `s.once("data", () => { s.write('${ping}\\n'); setTimeout(() => s.end(), 500); });`;
    const client = await talker(await addressOf(container.id), script);
    await eventually("a client", async () =>
      /^aidis_connections 1$/m.test(await metrics(container.id)) ? true : undefined,
    );
    const began = performance.now();
    await container.stop({ t: 30 });
    expect(performance.now() - began).toBeLessThan(10_000);
    await client.wait();
    const [drain = "", pong = "", closed] = (await logsOf(client)).trim().split("\n");
    expect([JSON.parse(drain), JSON.parse(pong).result, closed]).toEqual([
      { event: "drain" },
      { pong: true },
      "closed",
    ]);
    expect((await container.inspect()).State.ExitCode).toBe(0);
    await bench.stop(container);
  });

  it("DRAIN_SECONDS is the end of its patience", async () => {
    const container = await bench.server({ DRAIN_SECONDS: "1" });
    const client = await talker(await addressOf(container.id), "");
    await eventually("a client", async () =>
      /^aidis_connections 1$/m.test(await metrics(container.id)) ? true : undefined,
    );
    await container.stop({ t: 30 });
    await client.wait();
    expect((await logsOf(client)).trim().split("\n")).toEqual(['{"event":"drain"}', "closed"]);
    expect((await container.inspect()).State.ExitCode).toBe(0);
    await bench.stop(container);
  });
});

describe("faults", () => {
  it("unready never gets healthy, slow answers late", async () => {
    for (const fault of ["unready", "slow"]) await bench.build(`${bench.image}-${fault}`, `FAULT=${fault}`);
    try {
      const unready = await bench.container([], {}, `${bench.image}-unready`);
      await eventually("an answer", async () => ((await one(unready.id, "ping")).ok ? true : undefined));
      expect((await runner.exec(unready.id, { argv: ["aidis-health"] })).output).toContain("reference fault: unready");
      await bench.stop(unready);
      const slow = await bench.server({}, `${bench.image}-slow`);
      const began = performance.now();
      await one(slow.id, "ping");
      expect(performance.now() - began).toBeGreaterThan(1000);
      await bench.stop(slow);
    } finally {
      for (const fault of ["unready", "slow"]) await run("docker", ["rmi", `${bench.image}-${fault}`]);
    }
  });
});
