import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { statusSchemaPath } from "../../../../ops/docs.ts";
import { reportSchema } from "../../../../ops/status/report.ts";

it("the documented schema is that of the code; mend with npm run docs", () => {
  expect(readFileSync(statusSchemaPath, "utf8")).toBe(reportSchema());
});

it("what the first version prints is there: scripts read it", () => {
  const { required, properties } = JSON.parse(reportSchema());
  expect(properties.version).toEqual({ type: "number", const: 1 });
  expect(required).toEqual(
    expect.arrayContaining([
      ...["version", "stack", "system", "url", "at", "healthy", "problems", "unanswered", "release", "rollout"],
      ...["database", "parts", "backup", "certificates", "triggers", "alerts", "golden", "host"],
    ]),
  );
});
