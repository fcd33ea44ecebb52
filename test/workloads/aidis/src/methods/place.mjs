import { optionalText, text } from "../params.mjs";
import { resolveProject } from "./projects.mjs";

/** Where a request works: its session's project, or without a session the one that the connection resolves to. */
export async function place(context, params) {
  if (params.token !== undefined) {
    const { id, project_id, user_name } = await context.sessions.use(params.token);
    return { project: project_id, session: id, user: user_name };
  }
  const user = text(params, "user", "anonymous");
  const { project } = await resolveProject(context, optionalText(params, "project"), user);
  return { project: project.id, session: null, user };
}
