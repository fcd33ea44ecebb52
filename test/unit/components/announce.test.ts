import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { announceOptions } from "../../../components/announce/options.ts";
import { send } from "../../../components/announce/send.ts";
import { announcement, type ReleaseEvent } from "../../../components/announce/spec.ts";

const event: ReleaseEvent = {
  event: "started",
  stack: "production",
  system: "orders",
  environment: "production",
  release: "r1",
  version: "1.2.0",
  image: "orders@sha256:abc",
  schema: "0003",
  at: "2026-11-21T10:00:00.000Z",
};

describe("announcement", () => {
  test("a start: all facts, and a text for people", () => {
    expect(announcement(event)).toEqual({
      ...event,
      text: "Release started: orders 1.2.0 on production (production), release r1, schema 0003.",
    });
  });

  test.each<[Partial<ReleaseEvent>, string]>([
    [
      { note: "Promoted as stack staging proved it." },
      "Release started: orders 1.2.0 on production (production), release r1, schema 0003. Promoted as stack staging proved it.",
    ],
    [
      { event: "succeeded", seconds: 12.5 },
      "Release succeeded after 12.5 s: orders 1.2.0 on production (production), release r1.",
    ],
    [
      { event: "undone", seconds: 70, why: "errors: 3 %" },
      "Release undone after 70 s: orders 1.2.0 on production (production), release r1. Why: errors: 3 %",
    ],
    [
      { event: "undone" },
      "Release undone: orders 1.2.0 on production (production), release r1. The release before serves again.",
    ],
  ])("%j", (part, expected) => {
    expect(announcement({ ...event, ...part }).text).toBe(expected);
  });
});

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)));
  server = undefined;
});

/** A receiver that answers these statuses in turn, the last one for ever; 0 closes the connection instead. */
async function receiver(...statuses: readonly number[]) {
  const got: { readonly request: IncomingMessage; readonly body: string }[] = [];
  server = createServer(async (request, response) => {
    got.push({ request, body: await text(request) });
    const status = statuses[Math.min(got.length, statuses.length) - 1] ?? 200;
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, { location: "/elsewhere" }).end("ok");
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/services/the-secret?token=other-secret`, host: `127.0.0.1:${port}`, got };
}

describe("send", () => {
  test("posts JSON to the whole URL", async () => {
    const { url, got } = await receiver(200);
    expect(await send(url, announcement(event))).toBeUndefined();
    expect(got).toHaveLength(1);
    expect(got[0]?.request).toMatchObject({
      method: "POST",
      url: "/services/the-secret?token=other-secret",
      headers: { "content-type": "application/json" },
    });
    expect(JSON.parse(got[0]?.body ?? "")).toEqual(announcement(event));
  });

  test("tries again after a broken connection and after a 5xx", async () => {
    const { url, got } = await receiver(0, 503, 204);
    expect(await send(url, announcement(event))).toBeUndefined();
    expect(got).toHaveLength(3);
  });

  test("gives up after two retries, and says no part of the secret", async () => {
    const { url, host, got } = await receiver(500);
    expect(await send(url, announcement(event))).toBe(
      `the webhook at ${host} was not told of "started": it answered 500`,
    );
    expect(got).toHaveLength(3);
  });

  test.each([404, 302])("does not ask again after %i: the URL is wrong", async (status) => {
    const { url, host, got } = await receiver(status);
    expect(await send(url, announcement(event))).toBe(
      `the webhook at ${host} was not told of "started": it answered ${status}`,
    );
    expect(got).toHaveLength(1);
  });

  test("a dead receiver", async () => {
    const { url, host } = await receiver(200);
    await new Promise((done) => server?.close(done));
    expect(await send(url, announcement(event))).toBe(`the webhook at ${host} was not told of "started": ECONNREFUSED`);
  });

  test("what is no URL, or one that fetch refuses", async () => {
    expect(await send("the-secret", announcement(event))).toBe("the webhook was not told: its URL is no URL");
    expect(await send("http://user:the-secret@127.0.0.1:1/", announcement(event))).toBe(
      'the webhook at 127.0.0.1:1 was not told of "started": no answer',
    );
  });
});

describe("announce.webhook", () => {
  const accepts = (webhook: unknown) => announceOptions.safeParse({ webhook }).success;

  test.each([
    "https://hooks.slack.com/services/T000/B000/abc",
    "https://example.webhook.office.com/webhookb2/a@b/IncomingWebhook/c?d=e",
    "http://localhost:9000/hook",
    "http://127.0.0.1/hook",
  ])("takes %s", (url) => {
    expect(accepts(url)).toBe(true);
    expect(announceOptions.parse({ webhook: url }).webhook?.secret).toBe(url);
  });

  test.each([
    "http://hooks.example.com/x",
    "http://localhost.example.com/x",
    "ftp://localhost/x",
    "https://user:secret@example.com/",
    "https://example.com/a b",
    "hooks.example.com",
    "",
  ])("refuses %j", (url) => {
    expect(accepts(url)).toBe(false);
  });

  test("may be absent", () => {
    expect(announceOptions.parse({})).toEqual({});
  });
});
