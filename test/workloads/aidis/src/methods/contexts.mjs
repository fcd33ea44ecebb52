/** Contexts: what a session wants remembered; found again by its letters (pg_trgm) or by its meaning (pgvector). */
import { audit } from "../audit.mjs";
import { embed } from "../embedding.mjs";
import { oneOf, optionalText, tagsOf, text, wholeNumber } from "../params.mjs";
import { place } from "./place.mjs";

const orders = {
  text: "content <-> $2",
  meaning: "embedding <=> $2::vector",
};

export const methods = {
  async context_store(context, params) {
    const { database, settings } = context;
    const { project, session, user } = await place(context, params);
    const content = text(params, "content");
    const source = settings.usesSource ? ["source", optionalText(params, "source")] : undefined;
    const fields = [
      ["project_id", project],
      ["session_id", session],
      ["context_type", text(params, "type", "note")],
      ["content", content],
      ["tags", tagsOf(params)],
      ["embedding", embed(content)],
      ...(source === undefined ? [] : [source]),
    ];
    return database.transaction(async (rows) => {
      const [stored] = await rows(
        `INSERT INTO contexts (${fields.map(([name]) => name).join(", ")}) VALUES (${fields.map((_, at) => `$${at + 1}`).join(", ")}) RETURNING id, created_at`,
        fields.map(([, value]) => value),
      );
      await audit(rows, "context_stored", { entity: stored.id, project, session, actor: user });
      return { context: { ...stored, project_id: project, content } };
    });
  },

  async context_search(context, params) {
    const { project } = await place(context, params);
    const by = oneOf(params, "by", ["text", "meaning"]);
    const query = text(params, "query");
    const contexts = await context.database.rows(
      `SELECT id, context_type, content, tags, ${orders[by]} AS distance FROM contexts WHERE project_id = $1 ORDER BY distance LIMIT $3`,
      [project, by === "meaning" ? embed(query) : query, wholeNumber(params, "limit", 10, 1, 100)],
    );
    return { by, contexts };
  },
};
