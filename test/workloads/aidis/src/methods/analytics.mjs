/** Sessions of analysis: patterns, metrics, code, complexity. ENABLE_ANALYTICS switches all off, PATTERN_DETECTION_ENABLED the patterns. */
import { codeFindings, complexityOf, patternsIn } from "../analysis.mjs";
import { audit } from "../audit.mjs";
import { Refusal } from "../errors.mjs";
import { text } from "../params.mjs";
import { place } from "./place.mjs";

function mustBeOn(settings) {
  if (!settings.analytics) throw new Refusal("disabled", "ENABLE_ANALYTICS is false");
}

async function record(context, params, table, column, value) {
  const { project, session, user } = await place(context, params);
  return context.database.transaction(async (rows) => {
    const [made] = await rows(
      `INSERT INTO ${table} (project_id, session_id, ${column}) VALUES ($1, $2, $3) RETURNING *`,
      [project, session, value],
    );
    await audit(rows, table.replace(/s$/, ""), { entity: made.id, project, session, actor: user });
    return { analysis: made };
  });
}

export const methods = {
  async pattern_discover(context, params) {
    mustBeOn(context.settings);
    if (!context.settings.patterns) throw new Refusal("disabled", "PATTERN_DETECTION_ENABLED is false");
    const { project } = await place(context, params);
    const texts = await context.database.rows(
      "SELECT content FROM contexts WHERE project_id = $1 ORDER BY created_at DESC LIMIT 1000",
      [project],
    );
    const patterns = patternsIn(texts.map(({ content }) => content));
    return record(context, params, "pattern_discovery_sessions", "patterns", JSON.stringify(patterns));
  },

  /** Sampled every METRICS_COLLECTION_INTERVAL, by whichever server comes first, until metrics_stop. */
  async metrics_start(context, params) {
    mustBeOn(context.settings);
    return record(context, params, "metrics_collection_sessions", "metrics", "{}");
  },

  async metrics_stop(context, params) {
    mustBeOn(context.settings);
    const { session, user } = await place(context, params);
    return context.database.transaction(async (rows) => {
      const [stopped] = await rows(
        "UPDATE metrics_collection_sessions SET status = 'stopped' WHERE id::text = $1 AND status = 'running' RETURNING *",
        [text(params, "id")],
      );
      if (stopped === undefined) throw new Refusal("not_found", "no metrics are collected under this id");
      await audit(rows, "metrics_collection_stopped", {
        entity: stopped.id,
        project: stopped.project_id,
        session,
        actor: user,
      });
      return { analysis: stopped };
    });
  },

  async code_analyze(context, params) {
    mustBeOn(context.settings);
    return record(
      context,
      params,
      "code_analysis_sessions",
      "findings",
      JSON.stringify(codeFindings(text(params, "source"))),
    );
  },

  async complexity_analyze(context, params) {
    mustBeOn(context.settings);
    return record(context, params, "complexity_analysis_sessions", "complexity", complexityOf(text(params, "source")));
  },
};

/** One sample of every project whose metrics are collected. Two servers take one sample in an interval, not two. */
export function sampleMetrics(database, intervalMs) {
  return database.rows(
    `UPDATE metrics_collection_sessions m SET samples = samples + 1, sampled_at = now(), metrics = jsonb_build_object(
       'contexts', (SELECT count(*) FROM contexts c WHERE c.project_id = m.project_id),
       'sessions', (SELECT count(*) FROM sessions s WHERE s.project_id = m.project_id AND s.status = 'active'),
       'events', (SELECT count(*) FROM event_log e WHERE e.project_id = m.project_id))
     WHERE status = 'running' AND (sampled_at IS NULL OR sampled_at <= now() - $1 * interval '0.9 ms') RETURNING id`,
    [intervalMs],
  );
}
