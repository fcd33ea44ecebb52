import { expect, test } from "vitest";
import { assertContinuous, keepsLog } from "../../infra/config/continuous.ts";
import { localSettings } from "../fixtures/settings.ts";

const postgres = { database: { kind: "postgres", name: "orders", connections: 10 } } as const;
const sqlite = { database: { kind: "sqlite", file: "/data/x.db" } } as const;
const wish = (environment: "local" | "staging" | "production", continuous?: boolean) => ({
  ...localSettings,
  environment,
  backup: { ...localSettings.backup, ...(continuous !== undefined && { continuous }) },
});

test("the log of PostgreSQL is received outside a laptop, and wherever config says so", () => {
  const told = (["local", "staging", "production"] as const).map((each) => keepsLog(postgres, wish(each)));
  expect(told).toEqual([false, true, true]);
  expect([keepsLog(postgres, wish("local", true)), keepsLog(postgres, wish("production", false))]).toEqual([
    true,
    false,
  ]);
  expect(keepsLog(sqlite, wish("production"))).toBe(false);
});

test("SQLite has none, and says so with the command that mends it", () => {
  expect(() => assertContinuous(sqlite, wish("local", true))).toThrow(
    /backup\.continuous[\s\S]*keeps its rows in SQLite[\s\S]*pulumi config rm --path 'slipway:backup\.continuous'/,
  );
  for (const system of [sqlite, postgres]) expect(() => assertContinuous(system, wish("production"))).not.toThrow();
  expect(() => assertContinuous(postgres, wish("local", true))).not.toThrow();
});
