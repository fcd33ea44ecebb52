/** The pool. Each query is timed and counted. */
import { createRequire } from "node:module";
import { Gauge, queries, queryFailures } from "./metrics.mjs";

// Debian's modules are where require looks and import does not.
export const { Pool, Client } = createRequire(import.meta.url)("pg");

async function measured(target, text, values) {
  try {
    return (await queries.time(() => target.query(text, values))).rows;
  } catch (error) {
    queryFailures.add();
    throw error;
  }
}

export class Database {
  #pool;

  constructor(settings, report) {
    this.#pool = new Pool({
      ...settings,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      application_name: "aidis",
    });
    // An idle connection that the server ends would else end the process.
    this.#pool.on("error", report);
    new Gauge("aidis_pool_connections", "Connections of the pool, and requests that wait for one", () => [
      [{ state: "total" }, this.#pool.totalCount],
      [{ state: "idle" }, this.#pool.idleCount],
      [{ state: "waiting" }, this.#pool.waitingCount],
    ]);
  }

  rows(text, values = []) {
    return measured(this.#pool, text, values);
  }

  async row(text, values = []) {
    return (await this.rows(text, values))[0];
  }

  /** @param work gets `rows` of one transaction; what it throws takes everything back */
  async transaction(work) {
    const client = await this.#pool.connect();
    let broken;
    try {
      await client.query("BEGIN");
      const result = await work((text, values = []) => measured(client, text, values));
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((worse) => {
        broken = worse;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  close() {
    return this.#pool.end();
  }
}
