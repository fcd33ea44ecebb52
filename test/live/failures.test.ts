import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { label } from "../../components/container/spec.ts";
import { engine, eventually, Outside, runner } from "./support/host.ts";
import { TestStack } from "./support/stack.ts";

const health = { status: "healthy", version: "2.4.0" };
const schemaAndRows =
  "SELECT group_concat(sql, ';') FROM sqlite_master; SELECT count(*), min(agent_id), max(agent_id) FROM agents; SELECT count(*), min(license_key), max(license_key) FROM license_keys; SELECT version_num FROM alembic_version";

let stack: TestStack;
let outside: Outside;

/** Releases a variant of the reference application. */
async function release(fault: string, revision = "20251124_v2_license") {
  await stack.set(["slipway:image", "build", "args"], { FAULT: fault });
  await stack.set(["slipway:app", "schemaRevision"], revision);
  return stack.slipway("start");
}

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  const up = await stack.slipway("start");
  if (up.code !== 0) throw new Error(up.output);
  await outside.healthy();
});
afterAll(async () => stack.destroy());

describe("a bad release is named, undone, and the old one answers", () => {
  it.each([
    ["a migration that fails on the rehearsal's copy", "migration", "fault_migration", "migration", "alembic upgrade"],
    ["a migration that fails on the real data only", "migration-live", "fault_migration", "rollout", 'phase "migrate"'],
    ["an app that never gets healthy", "unhealthy", "20251124_v2_license", "rollout", 'phase "ready"'],
    ["a smoke test that fails", "smoke", "20251124_v2_license", "smoke-test", 'probe "imports a license"'],
  ])("%s", async (_, fault, revision, step, words) => {
    await stack.set(["slipway:rollout", "readyTimeoutSeconds"], 30);
    const before = await outside.sql(schemaAndRows);
    const serving = (await outside.inspect("app")).Id;
    const up = await release(fault, revision);
    expect(up.code, up.output).not.toBe(0);
    expect(up.output).toContain(`(${step}):`);
    expect(up.output).toContain(words);
    expect(JSON.parse((await outside.healthy()).body)).toEqual(health);
    expect((await outside.inspect("app")).Id).toBe(serving);
    expect(await outside.sql(schemaAndRows)).toBe(before);
  });

  it("the next good release goes through, and the containers are those of its releases", async () => {
    const up = await release("migration-ok", "20260101_v2_note");
    expect(up.code, up.output).toBe(0);
    expect(await outside.sql("SELECT version_num FROM alembic_version")).toBe("20260101_v2_note");
    expect((await outside.workloads()).map((each) => each.State).sort()).toEqual(["exited", "running"]);
    expect((await stack.slipway("preview", "--expect-no-changes")).code).toBe(0);
  });

  it("an image that does not know the schema of the data is refused before anything stops", async () => {
    const serving = (await outside.inspect("app")).Id;
    const up = await release("none");
    expect(up.code).not.toBe(0);
    expect(up.output).toContain("which this image does not know");
    expect((await outside.inspect("app")).Id).toBe(serving);
    await outside.healthy();
    expect((await release("migration-ok", "20260101_v2_note")).code).toBe(0);
  });
});

describe("somebody interferes by hand", () => {
  it("a stopped app is seen by preview and started by up", async () => {
    await runner.stop((await outside.inspect("app")).Id, 10);
    expect((await stack.slipway("preview", "--expect-no-changes")).code).not.toBe(0);
    const up = await stack.slipway("start");
    expect(up.code, up.output).toBe(0);
    await outside.healthy();
    expect((await stack.slipway("preview", "--expect-no-changes")).code).toBe(0);
  });
});

describe("npm run down", () => {
  it("leaves no container and no network; the next up adopts the volumes and can still log in", async () => {
    const token = await outside.exec("app", "tmws", "api-key");
    const rows = await outside.sql(schemaAndRows);
    const down = await stack.slipway("down");
    expect(down.code, down.output).toBe(0);
    expect(await outside.containers()).toEqual([]);
    expect(await engine.listNetworks({ filters: { label: [`${label.stack}=${stack.name}`] } })).toEqual([]);
    expect(
      (await engine.listVolumes({ filters: { label: [`${label.stack}=${stack.name}`] } })).Volumes.length,
    ).toBeGreaterThan(0);
    const up = await stack.slipway("start");
    expect(up.code, up.output).toBe(0);
    expect(await outside.exec("app", "tmws", "api-key")).toBe(token);
    expect(await outside.sql(schemaAndRows)).toBe(rows);
    await eventually("the API takes the token", async () => {
      const reply = await outside.https("POST", "/api/v1/budget/check", {
        token,
        body: { agent_id: "agent-0001", tokens: 1 },
      });
      return reply.status === 200 ? true : undefined;
    });
  });

  it("--with-data leaves nothing at all", async () => {
    const down = await stack.slipway("down", "--with-data");
    expect(down.code, down.output).toBe(0);
    expect((await engine.listVolumes({ filters: { label: [`${label.stack}=${stack.name}`] } })).Volumes).toEqual([]);
  });
});
