import { expect, test } from "vitest";
import { hasSecretShape, isSecretVariable } from "../../../../ops/env/secrecy.ts";

test.each([
  ["TMWS_WEBHOOK_KEY", "x"],
  ["XERO_WEBHOOK_SECRET", "x"],
  ["GITHUB_TOKEN", "x"],
  ["SMTP_PASSWORD", "1"],
  ["SENTRY_DSN", "x"],
  ["DATABASE_PASSWORD_FILE_TEXT", "hunter2hunter2"],
  ["ANYTHING", "sk-ant-0123456789abcdef"],
  ["ANYTHING", "ghp_0123456789abcdef0123"],
  ["ANYTHING", "xoxb-0123456789"],
  ["ANYTHING", "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"],
  ["ANYTHING", "-----BEGIN PRIVATE KEY-----\nMII"],
  ["ANYTHING", "postgresql://user:pass@host:5432/db"],
  ["ANYTHING", "redis://:pass@host:6379/0"],
  ["ANYTHING", "https://0123456789abcdef@sentry.example.com/42"],
  ["ANYTHING", "0123456789abcdef0123456789abcdef"],
])("%s=%s is a secret", (name, value) => {
  expect(isSecretVariable(name, value)).toBe(true);
});

test.each([
  ["TMWS_API_KEY_EXPIRE_DAYS", "90"],
  ["OPENAI_MAX_TOKENS", "4096"],
  ["PASSWORD_MIN_LENGTH", "12"],
  ["SECRET_ROTATION_ENABLED", "true"],
  ["DEFAULT_PROJECT_ID", "a1d15000-0000-4000-8000-000000000001"],
  ["OPENAI_BASE_URL", "https://api.openai.com/v1"],
  ["MONKEY", "business"],
  ["DATABASE_URL", "sqlite+aiosqlite:///./data/tmws.db"],
])("%s=%s is none", (name, value) => {
  expect(isSecretVariable(name, value)).toBe(false);
});

test("32 hex digits are a secret by what is imported, not by what is shown: a commit is public", () => {
  expect(hasSecretShape("0123456789abcdef0123456789abcdef")).toBe(false);
});
