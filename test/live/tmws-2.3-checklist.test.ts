/** Everything that guide 001 names, on a stack with the defaults; then every variable the other way round. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import checklist from "../fixtures/tmws-2.3-checklist.json" with { type: "json" };
import { engine, type Outside, runner } from "./support/host.ts";
import { ModelFiles } from "./support/ollama.ts";
import { Checklist, check } from "./support/prove-tmws.ts";
import { expectRefusal, expectSuccess, launch } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";
import { tmws23Stack } from "./support/tmws-2.3.ts";

let files: ModelFiles;
let stack: TestStack;
let outside: Outside;
let proofs: Checklist;

beforeAll(async () => {
  files = await ModelFiles.make();
  stack = await tmws23Stack(files);
  await stack.set(["slipway:app"], undefined);
  outside = await launch(stack);
  proofs = new Checklist(outside, await outside.exec("app", "tmws", "api-key"));
});
afterAll(async () => {
  await stack.destroy();
  await files.remove();
});

const variables = checklist.filter(({ what }) => what === "variable").map(({ name }) => name);

describe("everything that guide 001 names is there and works", () => {
  it.each(checklist.map((entry) => [entry.guide, entry.what, entry.name, entry.check]))(
    "guide %s, %s: %s",
    async (_guide, _what, _name, raw) => {
      await proofs.prove(check.parse(raw));
    },
  );

  it("guide 001:172, the log of a start; each memory that was written was audited there too", async () => {
    const { Id } = await outside.inspect("app");
    const log = await runner.logs(Id, 10_000);
    expect(log).toContain("Started TMWS MCP Server on http://0.0.0.0:8000");
    expect(log).toContain("pool 5+10");
    expect(log).toContain('"event": "audit"');
  });

  it("the container has the guide's variables and no other but those that the application's README names", async () => {
    const { Config } = await outside.inspect("app");
    const names = Config.Env.map((each) => each.split("=")[0] ?? "").filter((name) => name.startsWith("TMWS_"));
    const own = ["TMWS_DATABASE_URL", "TMWS_OLLAMA_MODEL", "TMWS_REFERENCE_FAULT", "TMWS_VERSION"];
    expect(names.sort()).toEqual([...variables, ...own].sort());
  });

  it("guide 001:289, the tier's limits; no secret in the image", async () => {
    const { HostConfig, Image } = await outside.inspect("app");
    expect([HostConfig.NanoCpus, HostConfig.Memory]).toEqual([2e9, 2048 * 1024 ** 2]);
    const { Config } = await engine.getImage(Image).inspect();
    expect(Config.Env.filter((each) => /SECRET|KEY/.test(each))).toEqual([]);
    expect(Config.User).toBe("1000:1000");
  });
});

describe("every variable the other way round", () => {
  const off = {
    authEnabled: false,
    rateLimitEnabled: false,
    securityHeadersEnabled: false,
    auditLogEnabled: false,
    namespaceIsolationEnabled: false,
  };

  it("TMWS_ENVIRONMENT=production starts with no switch off: the release is refused in the app's own words", async () => {
    await stack.set(["slipway:app"], off);
    expectRefusal(await stack.slipway("start"), "TMWS_AUTH_ENABLED=false: production allows only true", "serves again");
  });

  it("each has its effect", async () => {
    const audited = () => outside.exec("app", "sh", "-c", "wc -l < /app/logs/audit.log");
    const before = await audited();
    const corsOrigins = ["https://web.example.org"];
    const pool = { dbPoolSize: 7, dbMaxOverflow: 3 };
    await stack.set(["slipway:app"], { ...off, environment: "development", logLevel: "DEBUG", corsOrigins, ...pool });
    await stack.setSecret("slipway:app.secretKey", "0123456789abcdef".repeat(4));
    expectSuccess(await stack.slipway("start"));
    const log = await runner.logs((await outside.inspect("app")).Id, 10_000);
    expect(log).toContain("(development), pool 7+3");
    const headers = { origin: "https://web.example.org" };
    const written = await outside.https("POST", "/api/v1/memories", { body: { text: "nobody asks who" }, headers });
    expect(written.status, written.body).toBe(201);
    expect(written.headers["access-control-allow-origin"]).toBe("https://web.example.org");
    // The app, which says DENY when it may, sends none: the edge's own stands in its place.
    expect(written.headers["x-frame-options"]).toBe("SAMEORIGIN");
    const strange = await outside.https("GET", "/health", { headers: { origin: "https://other.example.org" } });
    expect(strange.headers["access-control-allow-origin"]).toBeUndefined();
    expect(await audited()).toBe(before);
    const namespace = { "x-tmws-namespace": "elsewhere" };
    const elsewhere = await outside.https("GET", "/api/v1/memories/search?q=nobody", { headers: namespace });
    expect([elsewhere.status, JSON.parse(elsewhere.body).results]).toEqual([200, []]);
    const flood = checklist.at(-1)?.check;
    await expect(proofs.prove(check.parse(flood))).rejects.toThrow("429");
    expect(await outside.exec("app", "printenv", "TMWS_SECRET_KEY")).toBe("0123456789abcdef".repeat(4));
  });
});
