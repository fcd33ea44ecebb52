import { tlsQuery } from "../../../components/postgres/spec.ts";
import { postgresSql, type Sql } from "./diligence.ts";
import { type Outside, runner } from "./host.ts";

/** What a fact's JSON says, by the rest of its number divided by ten: known, unknown, internal, then what migration 003 must leave alone. */
const shapes = [
  `{"cost_status": "known", "name": "Zoë 雪 🚢"}`,
  `{"cost_status": "unknown", "note": "it's \\"quoted\\" \\ud83d\\udea2"}`,
  `{"cost_status": "internal_no_cost", "long": "LONG"}`,
  `{"cost_status": "estimated", "nul": "\\u0000", "half": "\\ud800"}`,
  null,
  `{"cost_status": "free"}`,
  `{"cost_status": 5}`,
  `["cost_status", "known"]`,
  `"cost_status"`,
] as const;

/** No JSON at all: SQLite's column takes it; PostgreSQL's a text that is only formally JSON. */
const malformed = { sqlite: `{"cost_status": "known"`, postgres: `null` } as const;

export type Kind = keyof typeof malformed;

/** 1,000 facts of one deal; 400 have a status that migration 003 must move. Made long before any release. */
export function seed(kind: Kind): string {
  const literal = (text: string | null) => (text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`);
  const all = [...shapes, malformed[kind]].map(literal);
  const long = kind === "sqlite" ? "hex(zeroblob(50000))" : "repeat('x', 100000)";
  const cases = all.map((text, at) => `WHEN ${at} THEN ${text}`).join(" ");
  const details = `replace(CASE n % 10 ${cases} END, 'LONG', CASE WHEN n % 100 = 2 THEN ${long} ELSE 'short' END)`;
  const numbers =
    kind === "sqlite"
      ? "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)"
      : "WITH numbers AS (SELECT n FROM generate_series(0, 999) AS n)";
  const cast = kind === "sqlite" ? details : `(${details})::json`;
  return `INSERT INTO deals (id, name) VALUES ('seed', 'Zoë 雪');
    ${numbers} INSERT INTO facts (deal_id, domain, name, details, created_at)
    SELECT 'seed', 'applications', 'fact ' || n || ' 🚢', ${cast}, '1999-12-31 23:59:59' FROM numbers`;
}

/** Of every column that 002 has. */
export const checksum: Readonly<Record<Kind, string>> = {
  postgres:
    "SELECT count(*) || ' ' || md5(string_agg(md5(ROW(id, deal_id, run_id, domain, name, details::text, created_at, deleted_at)::text), '' ORDER BY id)) FROM facts WHERE deal_id = 'seed'",
  sqlite:
    "SELECT count(*) || ' ' || hex(sha3(group_concat(quote(id) || quote(deal_id) || quote(run_id) || quote(domain) || quote(name) || quote(details) || quote(created_at) || quote(deleted_at)))) FROM (SELECT * FROM facts WHERE deal_id = 'seed' ORDER BY id)",
};

export const distribution =
  "SELECT coalesce(cost_status, 'NULL') || ' ' || count(*) FROM facts WHERE deal_id = 'seed' GROUP BY cost_status ORDER BY 1";
export const moved = ["NULL 600", "estimated 100", "internal_no_cost 100", "known 100", "unknown 100"].join("\n");

/** A throw-away database on the stack's own server, with a role that owns it: migrations there are nobody's but the test's. */
export class SideDatabase {
  readonly sql: Sql;
  readonly #outside: Outside;

  private constructor(outside: Outside) {
    this.#outside = outside;
    this.sql = (statement) => {
      const argv = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "side", "-c", statement];
      return outside.exec("postgres", ...argv);
    };
  }

  static async make(outside: Outside): Promise<SideDatabase> {
    const live = postgresSql(outside);
    await live("CREATE ROLE side LOGIN PASSWORD 'side-password'");
    await live("CREATE DATABASE side OWNER side TEMPLATE template0 ENCODING 'UTF8'");
    return new SideDatabase(outside);
  }

  /** A command of the product against it; answers what it said. */
  async run(...argv: readonly string[]): Promise<string> {
    const url = `postgresql://side:side-password@postgres:5432/side?${tlsQuery}`;
    const [web] = await this.#outside.running("web");
    const finished = await runner.exec(web?.Id ?? "", { argv, workingDir: "/app", env: { DATABASE_URL: url } });
    if (finished.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${finished.output}`);
    return finished.output;
  }

  alembic(...argv: readonly string[]): Promise<string> {
    return this.run("alembic", ...argv);
  }
}
