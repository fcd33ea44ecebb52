import { expect, test } from "vitest";
import { storeArgv } from "../../../ops/exec/store-env.ts";

test.each([
  ["redis", ["redis-cli", "config", "get", "*"], ["redis-cli", "--user", "operator", "config", "get", "*"]],
  ["redis", ["redis-cli"], ["redis-cli", "--user", "operator"]],
  ["redis", ["redis-cli", "--user", "app", "ping"], ["redis-cli", "--user", "app", "ping"]],
  ["redis", ["sh", "-c", "redis-cli"], ["sh", "-c", "redis-cli"]],
  ["app", ["redis-cli", "ping"], ["redis-cli", "ping"]],
])("%s %j", (part, argv, wanted) => {
  expect(storeArgv(part, argv)).toEqual(wanted);
});
