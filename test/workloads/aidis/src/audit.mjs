/** One row of event_log for each change, in the change's own transaction. */
export async function audit(rows, type, { entity, project, session, actor, details }) {
  await rows(
    "INSERT INTO event_log (event_type, entity_id, project_id, session_id, actor, details) VALUES ($1, $2, $3, $4, $5, $6)",
    [type, entity ?? null, project ?? null, session ?? null, actor ?? "anonymous", details ?? {}],
  );
}
