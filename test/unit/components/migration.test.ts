import { describe, expect, test } from "vitest";
import type { Database } from "../../../components/database/spec.ts";
import {
  alembic,
  fileAssertions,
  headProblem,
  questions,
  reportedLine,
  revisions,
  type SchemaSpec,
  saysLocked,
  saysNoTable,
  withRevision,
  wrongAnswer,
} from "../../../components/migration/spec.ts";

const log = [
  "INFO  [alembic.runtime.migration] Context impl SQLiteImpl.",
  "INFO  [alembic.runtime.migration] Will assume non-transactional DDL.",
];

const schema: SchemaSpec = {
  target: "20251124_v2_license",
  ...alembic,
  upgrade: ["alembic", "upgrade", "20251124_v2_license"],
  workingDir: "/app",
  variable: "TMWS_DATABASE_URL",
  url: "sqlite+aiosqlite:///{file}",
  env: {},
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

describe("a schema that is not there yet", () => {
  // Each text is what the client printed.
  test.each([
    "Error: in prepare, no such table: alembic_version",
    'ERROR:  relation "alembic_version" does not exist\nLINE 1: SELECT version_num FROM alembic_version',
    'Error: unable to open database "/app/data/tmws.db": unable to open database file',
  ])("%s", (output) => {
    expect(saysNoTable(output)).toBe(true);
  });

  // A server that does not answer has a schema for all we know: to migrate it anew would be wrong.
  test.each([
    'psql: error: connection to server at "postgres" failed: Connection refused',
    'psql: error: FATAL:  database "orders" does not exist',
    'psql: error: FATAL:  role "orders_owner" does not exist',
    "Error: database is locked",
    "Error: file is not a database",
  ])("is another thing than: %s", (output) => {
    expect(saysNoTable(output)).toBe(false);
  });
});

describe("saysLocked", () => {
  test.each([
    "psycopg.errors.LockNotAvailable: canceling statement due to lock timeout",
    "tria-migrate: deadlock detected\nDETAIL:  Process 119 waits for AccessExclusiveLock on relation 17260",
    "Error: database is locked",
  ])("%s", (output) => {
    expect(saysLocked(output)).toBe(true);
  });

  // To come again would meet the same.
  test.each(["canceling statement due to statement timeout", 'ERROR:  relation "notes" already exists'])(
    "is another thing than: %s",
    (output) => {
      expect(saysLocked(output)).toBe(false);
    },
  );
});

describe("withRevision", () => {
  test("names the revision wherever the command wants it", () => {
    expect(withRevision(alembic.downgrade, "0001_first")).toEqual(["alembic", "downgrade", "0001_first"]);
    expect(withRevision(["go", "--to={revision}"], "a")).toEqual(["go", "--to=a"]);
  });
});

describe("reportedLine", () => {
  test("the line a user wants to see, without what the logger put before it", () => {
    const output = [...log, "INFO  [alembic.runtime.migration] Migrated 1000 agent(s) to FREE tier", "more"].join("\n");
    expect(reportedLine(schema, output)).toBe("Migrated 1000 agent(s) to FREE tier");
    expect(reportedLine(schema, log.join("\n"))).toBeUndefined();
  });
});

const assertions = [
  { name: "integrity_check", sql: "PRAGMA integrity_check", expect: "ok" },
  { name: "tiers", sql: "SELECT tier, count(*) FROM agents GROUP BY tier", expect: "FREE|3\nPRO|1" },
  { name: "orphans", sql: "SELECT id FROM keys WHERE agent IS NULL", expect: "" },
];

const sqlite: Database = { kind: "sqlite", file: "/app/data/tmws.db" };
const postgres: Database = {
  kind: "postgres",
  name: "orders",
  image: "sha256:postgres",
  network: "n",
  trust: { volume: "t", path: "/t" },
};

describe("questions", () => {
  test("psql has another command for a mark", () => {
    expect(questions(postgres, assertions.slice(1, 2))).toEqual([
      "SELECT tier, count(*) FROM agents GROUP BY tier",
      "\\echo -- next answer --",
    ]);
  });

  test("only a file is asked whether it is whole", () => {
    expect(fileAssertions(sqlite)).toEqual([{ name: "integrity_check", sql: "PRAGMA integrity_check", expect: "ok" }]);
    expect(fileAssertions(postgres)).toEqual([]);
  });

  test("one call: each question and a mark after its answer", () => {
    expect(questions(sqlite, assertions)).toEqual([
      "PRAGMA integrity_check",
      '.print "-- next answer --"',
      "SELECT tier, count(*) FROM agents GROUP BY tier",
      '.print "-- next answer --"',
      "SELECT id FROM keys WHERE agent IS NULL",
      '.print "-- next answer --"',
    ]);
    expect(questions(sqlite, [])).toEqual([]);
  });
});

describe("wrongAnswer", () => {
  const printed = (...answers: readonly string[]) => answers.map((answer) => `${answer}-- next answer --\n`).join("");

  test("none when every answer is the wanted one, of several lines or of none", () => {
    expect(wrongAnswer(assertions, printed("ok\n", "FREE|3\nPRO|1\n", ""))).toBeUndefined();
    expect(wrongAnswer([], "")).toBeUndefined();
  });

  test.each([
    [
      "the first of two wrong ones",
      printed("ok\n", "FREE|4\n", "7\n"),
      'schema assertion "tiers": `SELECT tier, count(*) FROM agents GROUP BY tier` answered "FREE|4", wanted "FREE|3\\nPRO|1"',
    ],
    [
      "an answer where none is wanted",
      printed("ok\n", "FREE|3\nPRO|1\n", "7\n"),
      'schema assertion "orphans": `SELECT id FROM keys WHERE agent IS NULL` answered "7", wanted ""',
    ],
    [
      "answers in the wrong order",
      printed("FREE|3\nPRO|1\n", "ok\n", ""),
      'schema assertion "integrity_check": `PRAGMA integrity_check` answered "FREE|3\\nPRO|1", wanted "ok"',
    ],
    ["nothing printed", "", '3 schema assertions were asked, 0 answered; the output was ""'],
    ["an answer that is missing", "ok\n", '3 schema assertions were asked, 0 answered; the output was "ok\\n"'],
  ])("%s", (_, output, problem) => {
    expect(wrongAnswer(assertions, output)).toBe(problem);
  });
});
