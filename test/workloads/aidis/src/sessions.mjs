/** Sessions that this server has seen, and what of them is not yet in the table: written every SESSION_PERSISTENCE_INTERVAL and at the end. */
import { audit } from "./audit.mjs";
import { Refusal } from "./errors.mjs";
import { Gauge, sessionCreation } from "./metrics.mjs";
import { issueToken, sessionOf } from "./token.mjs";

const columns = "id, project_id, user_name, agent_type, status, requests, started_at, last_seen_at, ended_at";

export class Sessions {
  /** id -> { requests, seen } since the last write */
  #unwritten = new Map();
  #database;
  #settings;

  constructor(database, settings) {
    this.#database = database;
    this.#settings = settings;
    new Gauge("aidis_open_sessions", "Sessions that are active and not timed out, of all servers", async () =>
      this.#database
        .row(
          "SELECT count(*)::int AS count FROM sessions WHERE status = 'active' AND last_seen_at > now() - $1 * interval '1 ms'",
          [settings.sessionTimeout],
        )
        .then(
          ({ count }) => count,
          () => Number.NaN,
        ),
    );
  }

  /** A user holds at most MAX_CONCURRENT_SESSIONS; those that timed out do not count. */
  start(project, user, agent) {
    const { maxSessions, sessionTimeout, jwtSecret } = this.#settings;
    return sessionCreation.time(() =>
      this.#database.transaction(async (rows) => {
        await rows("SELECT pg_advisory_xact_lock(hashtext($1))", [`sessions of ${user}`]);
        const [{ count }] = await rows(
          "SELECT count(*)::int AS count FROM sessions WHERE user_name = $1 AND status = 'active' AND last_seen_at > now() - $2 * interval '1 ms'",
          [user, sessionTimeout],
        );
        if (count >= maxSessions)
          throw new Refusal("limit", `${user} has ${count} sessions, MAX_CONCURRENT_SESSIONS is ${maxSessions}`);
        const [session] = await rows(
          `INSERT INTO sessions (project_id, user_name, agent_type) VALUES ($1, $2, $3) RETURNING ${columns}`,
          [project.id, user, agent],
        );
        await audit(rows, "session_started", {
          entity: session.id,
          project: project.id,
          session: session.id,
          actor: user,
        });
        return { session, token: issueToken(session.id, jwtSecret) };
      }),
    );
  }

  /** The session of a token with its status: active, ended, or expired after SESSION_TIMEOUT. */
  async look(token) {
    const id = sessionOf(token, this.#settings.jwtSecret);
    const session = await this.#database.row(`SELECT ${columns} FROM sessions WHERE id = $1`, [id]);
    if (session === undefined) throw new Refusal("not_found", "the session is gone");
    const seen = Math.max(session.last_seen_at.getTime(), this.#unwritten.get(id)?.seen ?? 0);
    const expired = session.status === "active" && Date.now() - seen > this.#settings.sessionTimeout;
    return { ...session, status: expired ? "expired" : session.status };
  }

  /** The same for work in it: it must be active. */
  async use(token) {
    const session = await this.look(token);
    if (session.status !== "active") throw new Refusal("forbidden", `the session is ${session.status}`);
    const { requests } = this.#unwritten.get(session.id) ?? { requests: 0 };
    this.#unwritten.set(session.id, { requests: requests + 1, seen: Date.now() });
    return session;
  }

  async end(token) {
    const { id, project_id, user_name } = await this.use(token);
    await this.persist([id]);
    return this.#database.transaction(async (rows) => {
      const [ended] = await rows(
        `UPDATE sessions SET status = 'ended', ended_at = now() WHERE id = $1 RETURNING ${columns}`,
        [id],
      );
      await audit(rows, "session_ended", { entity: id, project: project_id, session: id, actor: user_name });
      return ended;
    });
  }

  /** Writes down what is not yet in the table; what fails is kept for the next time. */
  async persist(ids = [...this.#unwritten.keys()]) {
    for (const id of ids) {
      const open = this.#unwritten.get(id);
      if (open === undefined) continue;
      this.#unwritten.delete(id);
      try {
        await this.#database.rows(
          "UPDATE sessions SET requests = requests + $2, last_seen_at = greatest(last_seen_at, to_timestamp($3 / 1000.0)) WHERE id = $1",
          [id, open.requests, open.seen],
        );
      } catch (error) {
        const since = this.#unwritten.get(id);
        this.#unwritten.set(id, { requests: open.requests + (since?.requests ?? 0), seen: since?.seen ?? open.seen });
        throw error;
      }
    }
  }
}
