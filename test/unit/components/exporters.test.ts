import { expect, test } from "vitest";
import { redisExporter, redisExporterFiles } from "../../../components/exporters/spec.ts";

test("Redis' exporter comes in as the app's user, by a file that its own user alone reads", () => {
  expect({ ...redisExporter, files: redisExporterFiles("s3cret-of-the-app") }).toMatchObject({
    env: { REDIS_ADDR: "redis://redis:6379", REDIS_USER: "app", REDIS_PASSWORD_FILE: "/etc/exporter/redis.json" },
    files: [{ path: "redis.json", content: '{"redis://app@redis:6379":"s3cret-of-the-app"}', mode: 0o400 }],
  });
});
