import { expect, test } from "vitest";
import { keepsLog } from "../../infra/config/continuous.ts";
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
});

test("SQLite's where config says so, nowhere else: its database gets two tables by it", () => {
  expect([keepsLog(sqlite, wish("production")), keepsLog(sqlite, wish("local", true))]).toEqual([false, true]);
});
