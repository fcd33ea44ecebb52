/** AIDIS's reference application by its own containers: each variable of guide 002, 4.1, in both directions; see also aidis-checklist.json. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { systemProjectId } from "../../infra/systems/aidis.options.ts";
import { AidisBench, logsOf } from "./support/aidis.ts";
import { ask, metrics, must, newUser, one, page, started } from "./support/aidis-ask.ts";
import { eventually, runner } from "./support/host.ts";

const bench = new AidisBench();
let server: string;

beforeAll(async () => {
  server = await bench.startServing();
});
afterAll(async () => bench.remove());

const status = z.object({ session: z.object({ status: z.string(), requests: z.string() }) });

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
    await bench.with({ DATABASE_MAX_CONNECTIONS: "2" }, async (id) => {
      await Promise.all(Array.from({ length: 8 }, () => ask(id, Array(200).fill({ method: "project_list" }))));
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
    await bench.with({ SESSION_TIMEOUT: "2000", MAX_CONCURRENT_SESSIONS: "1" }, async (id) => {
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
    await bench.with({ SESSION_PERSISTENCE_INTERVAL: "200" }, async (id) => {
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
    await bench.with({ DEFAULT_PROJECT_ID: made.project.id }, async (id) => {
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
    await bench.with(env, async (id) => {
      await bench.with(env, async () => {
        const { analysis: made } = await must(id, "metrics_start", { user: newUser() }, analysis);
        const sample = `SELECT samples || ' ' || (extract(epoch FROM now() - created_at) + 1 >= samples * 0.9) FROM metrics_collection_sessions WHERE id = '${made.id}'`;
        await eventually("three samples", async () =>
          Number((await bench.sql(sample)).split(" ")[0]) >= 3 ? true : undefined,
        );
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
    await bench.with({ ALLOWED_ORIGINS: "https://a.dev" }, async (id) => {
      expect(await page(id, "/health", { origin: "https://a.dev" })).toMatch(/^200 https:\/\/a\.dev /);
      expect(await page(id, "/health", { origin: "https://b.dev" })).toMatch(/^200 null /);
    });
  });

  it("JWT_SECRET: a token opens its session with the same secret only", async () => {
    const { token } = await must(server, "session_start", { user: newUser() }, started);
    await bench.with({}, async (id) => expect((await one(id, "session_status", { token })).ok).toBe(true));
    await bench.with({ JWT_SECRET: "fedcba9876543210".repeat(4) }, async (id) =>
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
