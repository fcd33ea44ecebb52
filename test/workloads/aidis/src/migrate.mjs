/**
 * `npm run migrate [-- REVISION]`, or `aidis-migrate upgrade|heads|history|knows|current`. Forward only: there is no downgrade. Each revision runs in a
 * transaction of its own, with its row in `migrations`; an advisory lock keeps a second run out until this one is done.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError, databaseOf, environment } from "./config.mjs";
import { Client } from "./database.mjs";

const folder = join(import.meta.dirname, "../migrations");
const lockKey = 1_095_320_905;

export function revisions() {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .map((name) => basename(name, ".sql"))
    .sort();
}

function upTo(target) {
  const all = revisions();
  const place = all.indexOf(target ?? all.at(-1));
  if (place < 0) throw new ConfigError(`revision ${target} is not known; there are ${all.join(", ")}`);
  return all.slice(0, place + 1);
}

async function apply(client, name) {
  await client.query("BEGIN");
  try {
    await client.query(readFileSync(join(folder, `${name}.sql`), "utf8"));
    await client.query("INSERT INTO migrations (name) VALUES ($1)", [name]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new Error(`migration ${name}: ${error.message}`, { cause: error });
  }
  console.log(`Applied migration ${name}`);
}

async function upgrade(client, target) {
  const wanted = upTo(target);
  await client.query("SELECT pg_advisory_lock($1)", [lockKey]);
  await client.query(
    "CREATE TABLE IF NOT EXISTS migrations (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  const { rows } = await client.query("SELECT name FROM migrations");
  const missing = wanted.filter((name) => !rows.some((row) => row.name === name));
  for (const name of missing) await apply(client, name);
  console.log(`Schema is at ${wanted.at(-1)}, ${missing.length} migrations applied`);
}

async function current(client) {
  const { rows } = await client.query("SELECT name FROM migrations ORDER BY id DESC LIMIT 1");
  console.log(rows[0]?.name ?? "");
}

async function connected(work) {
  const { connectionString } = databaseOf(environment());
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000, application_name: "aidis-migrate" });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function main([command, revision]) {
  switch (command) {
    case "heads":
      return console.log(revisions().at(-1));
    case "history":
      return console.log(revisions().join("\n"));
    case "knows":
      upTo(revision ?? "");
      return console.log(revision);
    case "current":
      return connected(current);
    case "upgrade":
      return connected((client) => upgrade(client, revision ?? process.env["MIGRATE_TARGET"]));
    default:
      throw new ConfigError("allowed are upgrade [REVISION], heads, history, knows REVISION and current");
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`aidis-migrate: ${error.message}`);
  process.exitCode = 1;
}
