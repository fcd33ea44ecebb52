/** Questions about the server itself, and the audit trail. */

import { Refusal } from "../errors.mjs";
import { fault, firstHealthy } from "../fault.mjs";
import { optionalText, wholeNumber } from "../params.mjs";

/** What the code needs of the database, as queries that return nothing. Newer revisions that only add pass. */
const needs = (usesSource) => [
  `SELECT project_id, session_id, context_type, content, tags, embedding${usesSource ? ", source" : ""} FROM contexts LIMIT 0`,
  "SELECT id, name, owner, is_default FROM projects LIMIT 0",
  "SELECT id, requests, last_seen_at FROM sessions LIMIT 0",
  "SELECT patterns FROM pattern_discovery_sessions LIMIT 0",
  "SELECT samples FROM metrics_collection_sessions LIMIT 0",
  "SELECT findings FROM code_analysis_sessions LIMIT 0",
  "SELECT complexity FROM complexity_analysis_sessions LIMIT 0",
  "SELECT event_type FROM event_log LIMIT 0",
];

export const methods = {
  async ping() {
    return { pong: true };
  },

  async version({ settings }) {
    return { version: settings.version };
  },

  /** Database, schema and default project; `healthy` is the word that readiness wants. */
  async health({ database, settings }) {
    if (fault === "unready") throw new Refusal("internal", "reference fault: unready");
    for (const query of needs(settings.usesSource)) await database.rows(query);
    const found = await database.row("SELECT name FROM projects WHERE id = $1", [settings.defaultProjectId]);
    if (found === undefined)
      throw new Refusal("internal", `DEFAULT_PROJECT_ID ${settings.defaultProjectId} names no project`);
    firstHealthy();
    return { status: "healthy", version: settings.version, default_project: found.name };
  },

  /** The newest first; of one thing when `params.entity` names its id. */
  async event_log({ database }, params) {
    const entity = optionalText(params, "entity");
    const limit = wholeNumber(params, "limit", 20, 1, 1000);
    const events = await database.rows(
      `SELECT id::int, event_type, entity_id, actor, details, created_at FROM event_log ${entity === null ? "" : "WHERE entity_id::text = $2"} ORDER BY id DESC LIMIT $1`,
      entity === null ? [limit] : [limit, entity],
    );
    return { events };
  },
};
