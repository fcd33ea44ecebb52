import { afterAll, beforeAll, describe, expect, it } from "vitest";
import checklist from "../fixtures/tmws-checklist.json" with { type: "json" };
import { Outside } from "./support/host.ts";
import { Checklist, check } from "./support/prove-tmws.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let token: string;
let proofs: Checklist;

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  // The guide's port 8001 is optional and off by default.
  await stack.set(["slipway:app"], { licenseApi: "public" });
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
  await outside.healthy();
  token = await outside.exec("app", "tmws", "api-key");
  proofs = new Checklist(outside, token);
});
afterAll(async () => stack.destroy());

describe("everything that the guides name is there and works", () => {
  it.each(checklist.map((entry) => [entry.guide, entry.what, entry.name, entry.check]))(
    "guide %s, %s: %s",
    async (_guide, _what, _name, raw) => {
      await proofs.prove(check.parse(raw));
    },
  );
});

describe("the license API at a host name of its own (guide 000, port 8001)", () => {
  const domain = "license.tmws.localhost";

  it("answers the license endpoints, and nothing else of TMWS", async () => {
    const health = await outside.https("GET", "/health", { domain });
    expect(health.status, health.body).toBe(200);
    const body = { licenses: [{ agent_id: "license-host", tier: "PRO" }] };
    expect((await outside.https("POST", "/api/v1/license/import", { domain, body })).status).toBe(401);
    const imported = await outside.https("POST", "/api/v1/license/import", { domain, body, token });
    expect(imported.status, imported.body).toBe(200);
    expect((await outside.https("GET", "/api/v1/memories/search?q=a", { domain, token })).status).toBe(404);
  });
});
