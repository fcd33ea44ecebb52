/** The reference application of guide 003 on its own containers: what the guide names is there, works, and is validated. */
import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { SentryDouble } from "../doubles/sentry.ts";
import { XeroDouble } from "../doubles/xero.ts";
import checklist from "../fixtures/tria-checklist.json" with { type: "json" };
import { eventually, runner } from "./support/host.ts";
import { logOf, TriaParts, triaSecretKey } from "./support/tria-parts.ts";

const http = z.strictObject({
  kind: z.literal("http"),
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  status: z.number(),
  /** A part of the answer. */
  json: z.record(z.string(), z.unknown()).optional(),
  /** Every key of the answer, and no other. */
  keys: z.array(z.string()).optional(),
  contains: z.array(z.string()).optional(),
});
const check = z.discriminatedUnion("kind", [
  http,
  z.strictObject({ kind: z.literal("exec"), command: z.array(z.string()), contains: z.array(z.string()) }),
  z.strictObject({ kind: z.literal("log"), contains: z.string() }),
  z.strictObject({ kind: z.literal("sql"), sql: z.string(), expect: z.string() }),
  /** A process of its own with these variables: it says this, ends with `exit`, or gets ready and answers. */
  z.strictObject({
    kind: z.literal("start"),
    env: z.record(z.string(), z.string().nullable()),
    says: z.string().optional(),
    exit: z.number().optional(),
    ready: z.boolean().optional(),
    ask: http.optional(),
  }),
]);
type Check = z.infer<typeof check>;

const parts = new TriaParts();
let image = "";
let app: Docker.Container;
let address = "";

beforeAll(async () => {
  await parts.start();
  image = await parts.image();
  await parts.migrate(image, "upgrade", "0002_intent");
  app = await parts.app(image);
  address = await parts.ready(app);
});
afterAll(() => parts.remove());

function keysOf(value: unknown, path = ""): readonly string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}${key}`, ...keysOf(inner, `${path}${key}.`)]);
}

async function ask(base: string, wanted: z.infer<typeof http>): Promise<void> {
  const answer = await fetch(`${base}${wanted.path}`, {
    method: wanted.method,
    headers: { "content-type": "application/json", ...wanted.headers },
    ...(wanted.body !== undefined && { body: JSON.stringify(wanted.body) }),
  });
  const text = await answer.text();
  expect(answer.status, text).toBe(wanted.status);
  expect(answer.headers.get("x-tria-version")).toBe("1.0.0");
  if (wanted.json !== undefined) expect(JSON.parse(text)).toMatchObject(wanted.json);
  if (wanted.keys !== undefined) expect([...keysOf(JSON.parse(text))].sort()).toEqual([...wanted.keys].sort());
  for (const each of wanted.contains ?? []) expect(text).toContain(each);
}

async function started({ env, says, exit, ready, ask: question }: Extract<Check, { kind: "start" }>): Promise<void> {
  const container = await parts.app(image, env);
  try {
    if (ready === true) {
      const own = await parts.ready(container);
      if (question !== undefined) await ask(own, question);
    }
    if (exit !== undefined) expect((await container.wait()).StatusCode).toBe(exit);
    const log = await logOf(container);
    if (says !== undefined) expect(exit === undefined ? log : log.trim().split("\n").at(-1)).toMatch(new RegExp(says));
    for (const secret of Object.entries(env).filter(([name]) => /PASSWORD|KEY|TOKEN|SECRET/.test(name))) {
      if (secret[1] !== null) expect(log).not.toContain(secret[1]);
    }
  } finally {
    await container.stop({ t: 5 }).catch(alreadyStopped);
  }
}

function alreadyStopped(error: { readonly statusCode?: number }): void {
  if (error.statusCode !== 304) throw error;
}

async function prove(wanted: Check): Promise<void> {
  switch (wanted.kind) {
    case "http":
      return ask(address, wanted);
    case "exec": {
      const finished = await runner.exec(app.id, { argv: wanted.command });
      expect(finished.exitCode, finished.output).toBe(0);
      for (const each of wanted.contains) expect(finished.output).toContain(each);
      return;
    }
    case "log":
      return expect(await logOf(app)).toContain(wanted.contains);
    case "sql":
      return expect(await parts.sql(wanted.sql)).toBe(wanted.expect);
    case "start":
      return started(wanted);
  }
}

describe("everything that the guide names is there and works", () => {
  it.each(checklist.map((entry) => [entry.guide, entry.what, entry.name, entry.check] as const))(
    "guide %s, %s: %s",
    async (_guide, _what, _name, raw) => {
      await prove(check.parse(raw));
    },
  );
});

const chat = (base: string, key: string, message: string, user = "app-test") =>
  fetch(`${base}/api/chatbot`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ message, user_id: user }),
  });

describe("the chatbot", () => {
  it("one key at two replicas at once: one effect, one call of the model, one answer", async () => {
    const other = await parts.ready(await parts.app(image));
    const calls = parts.double.count("/chat/completions");
    parts.double.manners.slowMs = 300;
    const answers = await Promise.all(
      [address, other, address, other, address, other].map((base) => chat(base, "one", "order 1 x CUP-08", "twice")),
    );
    parts.double.manners.slowMs = 0;
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true").length).toBe(5);
    expect(parts.double.count("/chat/completions")).toBe(calls + 1);
    const orders = "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.user_id = 'twice'";
    expect(await parts.sql(orders)).toBe("1");
  });

  it("a session goes on for its user and for nobody else", async () => {
    const first = z.object({ session: z.string(), conversation_id: z.string() });
    const { session, conversation_id } = first.parse(await (await chat(address, "s1", "hello", "mine")).json());
    const say = (user: string) =>
      fetch(`${address}/api/chatbot`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "s2" },
        body: JSON.stringify({ message: "and again", user_id: user, session }),
      });
    expect(first.parse(await (await say("mine")).json()).conversation_id).toBe(conversation_id);
    expect((await say("other")).status).toBe(403);
  });
});

describe("Xero", () => {
  it("orders become invoices once, the token rotates in the database and outlives the process", async () => {
    const first = "refresh-from-config";
    const xero = await XeroDouble.start(new URL(parts.double.url).hostname, first);
    const env = {
      XERO_CLIENT_ID: "client-0000",
      XERO_CLIENT_SECRET: "secret-0000",
      XERO_TENANT_ID: "tenant-0000",
      XERO_REFRESH_TOKEN: first,
      XERO_IDENTITY_URL: xero.url,
      XERO_API_URL: xero.url,
      XERO_SALES_ACCOUNT_CODE: "260",
      XERO_TAX_TYPE: "OUTPUT",
    };
    const open = async () => parts.sql("SELECT count(*) FROM orders WHERE xero_invoice_id IS NULL");
    const sent = () => eventually("all are invoices", async () => ((await open()) === "0" ? true : undefined));
    const token = "SELECT refresh_token FROM xero_tokens WHERE tenant_id = 'tenant-0000'";
    try {
      const one = await parts.app(image, env);
      const base = await parts.ready(one);
      expect((await chat(base, "x1", "order 3 x BAG-KRAFT", "xero")).status).toBe(200);
      await sent();
      await one.stop({ t: 10 });
      expect(await parts.sql(token)).toBe(xero.refreshToken);
      expect(xero.refreshToken).not.toBe(first);
      // The next process has the same config, whose token is void by now.
      const two = await parts.app(image, env);
      expect((await chat(await parts.ready(two), "x2", "order 1 x BAG-KRAFT", "xero")).status).toBe(200);
      await sent();
      await two.stop({ t: 10 });
      expect(await parts.sql(token)).toBe(xero.refreshToken);
      const orders = await parts.sql("SELECT count(*) FROM orders");
      expect(new Set(xero.invoices.map(({ reference }) => reference)).size).toBe(Number(orders));
      expect(xero.invoices).toHaveLength(Number(orders));
      expect(xero.invoices.at(-1)?.body).toContain('"AccountCode":"260","TaxType":"OUTPUT"');
    } finally {
      await xero.stop();
    }
  });
});

describe("Sentry", () => {
  it("is told once of an error that nobody expected: where it broke, nothing of what was in hand", async () => {
    const sentry = await SentryDouble.start(new URL(parts.double.url).hostname);
    const words = "hello from somebody who wants to stay unknown";
    try {
      const own = await parts.app(image, { SENTRY_DSN: sentry.dsn });
      const base = await parts.ready(own);
      expect((await chat(base, "fine", words, "sentry")).status).toBe(200);
      expect(sentry.events).toEqual([]);
      await parts.sql("ALTER TABLE messages RENAME TO messages_away");
      try {
        expect((await chat(base, "broken", words, "sentry")).status).toBe(500);
      } finally {
        await parts.sql("ALTER TABLE messages_away RENAME TO messages");
      }
      await eventually("the error is reported", async () => (sentry.events.length > 0 ? true : undefined));
      // What it still has to say it says at its end.
      await own.stop({ t: 10 });
      expect(sentry.events).toHaveLength(1);
      const [event = ""] = sentry.events;
      expect(JSON.parse(event)).toMatchObject({
        level: "error",
        environment: "production",
        release: "1.0.0",
        request: { method: "POST", url: `${base}/api/chatbot` },
        exception: { values: expect.arrayContaining([expect.objectContaining({ type: "UndefinedTable" })]) },
      });
      for (const secret of [words, parts.double.key, triaSecretKey]) expect(event).not.toContain(secret);
    } finally {
      await sentry.stop();
    }
  });
});

describe("the tables", () => {
  it("are made in steps, again without effect, by no older image, and not by the role that serves", async () => {
    expect(await parts.migrate(image, "heads")).toBe("0002_intent (head)");
    expect(await parts.migrate(image, "upgrade", "0002_intent")).toBe(
      "Migrated to 0002_intent (no new revision), 6 products in the catalog",
    );
    await expect(parts.migrate(image, "knows", "0003_none")).rejects.toThrow("revision 0003_none is not in this image");
    const older = await parts.image({ HEAD: "0001_base" });
    await expect(parts.migrate(older, "upgrade", "0001_base")).rejects.toThrow("there is no downgrade");
    const server = await parts.app(image, {}, ["python", "-c", createTable]);
    expect((await server.wait()).StatusCode).toBe(1);
    expect(await logOf(server)).toContain("permission denied for schema public");
    // The older code serves on the newer schema: that is how a release goes back.
    await parts.ready(await parts.app(older));
  });
});

const createTable =
  "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).execute('CREATE TABLE mine (id integer)')";

describe("how it ends", () => {
  it.each(["SIGTERM", "SIGINT"])("%s: the request in hand is answered, pools are closed, exit 0", async (signal) => {
    const own = await parts.app(image);
    const base = await parts.ready(own);
    parts.double.manners.slowMs = 3000;
    const before = parts.double.received;
    const answer = chat(base, signal, "hello");
    await eventually("the model is asked", async () => (parts.double.received > before ? true : undefined));
    await own.kill({ signal });
    expect((await answer).status).toBe(200);
    parts.double.manners.slowMs = 0;
    expect((await own.wait()).StatusCode).toBe(0);
    const log = await logOf(own);
    for (const each of ["openai client", "redis pool", "database pool"]) expect(log).toContain(`closed ${each}`);
  });

  it("one that hangs: its liveness command fails, its process and its port live on", async () => {
    const own = await parts.app(await parts.image({ FAULT: "hang" }));
    const base = await parts.ready(own);
    const alive = async () => (await runner.exec(own.id, { argv: ["tria-alive"] })).exitCode;
    expect(await alive()).toBe(0);
    expect((await fetch(`${base}/fault/hang`, { method: "POST" })).status).toBe(202);
    await eventually("it does not answer", async () => ((await alive()) === 0 ? undefined : true));
    expect((await own.inspect()).State.Running).toBe(true);
  });
});
