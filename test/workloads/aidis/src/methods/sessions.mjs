import { optionalText, text } from "../params.mjs";
import { resolveProject } from "./projects.mjs";

export const methods = {
  /** `params.project` by name, else see resolveProject. The answer's token opens the session. */
  async session_start(context, params) {
    const user = text(params, "user", "anonymous");
    const { how, project } = await resolveProject(context, optionalText(params, "project"), user);
    const started = await context.sessions.start(project, user, text(params, "agent_type", "mcp"));
    return { ...started, project, how };
  },

  async session_status({ sessions }, params) {
    return { session: await sessions.look(params.token) };
  },

  async session_end({ sessions }, params) {
    return { session: await sessions.end(params.token) };
  },
};
