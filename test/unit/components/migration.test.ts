import { describe, expect, test } from "vitest";
import {
  databaseUrl,
  headProblem,
  reportedLine,
  revisions,
  type SchemaSpec,
} from "../../../components/migration/spec.ts";

const log = [
  "INFO  [alembic.runtime.migration] Context impl SQLiteImpl.",
  "INFO  [alembic.runtime.migration] Will assume non-transactional DDL.",
];

const schema: SchemaSpec = {
  target: "20251124_v2_license",
  heads: ["alembic", "heads"],
  current: ["alembic", "current"],
  upgrade: ["alembic", "upgrade", "20251124_v2_license"],
  workingDir: "/app",
  variable: "TMWS_DATABASE_URL",
  url: "sqlite+aiosqlite:///{file}",
  assertions: [],
  report: "Migrated \\d+ agent\\(s\\)[^\\n]*",
};

// Each text is what Alembic 1.13 printed.
describe("revisions", () => {
  test.each([
    ["heads", "20251124_v2_license (head)\n", ["20251124_v2_license"]],
    ["two heads", "315d506e2598 (head)\n20251124_v2_license (head)\n", ["315d506e2598", "20251124_v2_license"]],
    ["a merge", "ae1027a6acf (head) (mergepoint)\n", ["ae1027a6acf"]],
    ["current, up to date", [...log, "20251124_v2_license (head)", ""].join("\n"), ["20251124_v2_license"]],
    ["current, behind", [...log, "315d506e2598", ""].join("\n"), ["315d506e2598"]],
    ["current, never migrated", [...log, ""].join("\n"), []],
    ["nothing", "", []],
    ["a refusal", [...log, "FAILED: Can't locate revision identified by 'zzz'", ""].join("\n"), []],
    ["Windows line ends", "315d506e2598 (head)\r\n", ["315d506e2598"]],
  ])("%s", (_, output, wanted) => {
    expect(revisions(output)).toEqual(wanted);
  });
});

describe("headProblem", () => {
  test("exactly the wanted head is none", () => {
    expect(headProblem(["b"], "b")).toBeUndefined();
  });

  test.each([
    [[], "the image knows no revision at all; the release wants b"],
    [
      ["a"],
      "the image's head is a, the release wants b: set the system's schema revision to a, or release the image that has b",
    ],
    [["a", "b"], "the image has 2 heads (a, b); merge them into one before it is released"],
  ])("%j", (heads, problem) => {
    expect(headProblem(heads, "b")).toBe(problem);
  });
});

describe("databaseUrl", () => {
  test("an absolute file has four slashes", () => {
    expect(databaseUrl(schema, "/app/data/tmws.db")).toEqual({
      TMWS_DATABASE_URL: "sqlite+aiosqlite:////app/data/tmws.db",
    });
  });
});

describe("reportedLine", () => {
  test("the line a user wants to see, without what the logger put before it", () => {
    const output = [...log, "INFO  [alembic.runtime.migration] Migrated 1000 agent(s) to FREE tier", "more"].join("\n");
    expect(reportedLine(schema, output)).toBe("Migrated 1000 agent(s) to FREE tier");
    expect(reportedLine(schema, log.join("\n"))).toBeUndefined();
  });
});
