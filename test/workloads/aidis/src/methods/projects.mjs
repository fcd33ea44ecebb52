/** Projects, and which one a session works in. */
import { audit } from "../audit.mjs";
import { Refusal } from "../errors.mjs";
import { projectResolution, projectsCreated } from "../metrics.mjs";
import { optionalText, text } from "../params.mjs";

const columns = "id, name, description, status, owner, is_default, created_at";

/** Inserts a project within the owner's quota; the lock makes two inserts of one owner count each other. */
export async function insertProject(rows, { owner, name, description, isDefault }, settings) {
  await rows("SELECT pg_advisory_xact_lock(hashtext($1))", [`projects of ${owner}`]);
  const [{ count }] = await rows("SELECT count(*)::int AS count FROM projects WHERE owner = $1", [owner]);
  if (count >= settings.maxProjects)
    throw new Refusal("limit", `${owner} has ${count} projects, MAX_PROJECTS_PER_USER is ${settings.maxProjects}`);
  if (isDefault) await rows("UPDATE projects SET is_default = false WHERE owner = $1 AND is_default", [owner]);
  const [made] = await rows(
    `INSERT INTO projects (name, description, owner, is_default) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING ${columns}`,
    [name, description, owner, isDefault],
  );
  if (made === undefined) throw new Refusal("conflict", `project ${name} exists`);
  await audit(rows, "project_created", { entity: made.id, project: made.id, actor: owner, details: { name } });
  projectsCreated.add();
  return made;
}

async function named(database, name) {
  return database.row(`SELECT ${columns} FROM projects WHERE name = $1`, [name]);
}

/** By name; unknown ones come to be when AUTO_CREATE_PROJECTS says so. */
async function wantedProject({ database, settings }, name, owner) {
  const found = await named(database, name);
  if (found !== undefined) return found;
  if (!settings.autoCreateProjects)
    throw new Refusal("not_found", `no project is called ${name}, and AUTO_CREATE_PROJECTS is false`);
  return database.transaction((rows) =>
    insertProject(rows, { owner, name, description: null, isDefault: false }, settings),
  );
}

/** The project a request means: named, else the connection's current one, else the user's default, else DEFAULT_PROJECT_ID. */
export function resolveProject(context, name, user) {
  return projectResolution.time(async () => {
    const { database, settings, connection } = context;
    if (name !== null) return { how: "named", project: await wantedProject(context, name, user) };
    const project = await database.row(
      `SELECT ${columns}, CASE WHEN id = $1 THEN 'current' WHEN is_default AND owner = $2 THEN 'default' ELSE 'system' END AS how
       FROM projects WHERE id = $1 OR (is_default AND owner = $2) OR id = $3
       ORDER BY id = $1 DESC NULLS LAST, (is_default AND owner = $2) DESC LIMIT 1`,
      [connection.project ?? null, user, settings.defaultProjectId],
    );
    if (project === undefined)
      throw new Refusal("not_found", `DEFAULT_PROJECT_ID ${settings.defaultProjectId} names no project`);
    const { how, ...rest } = project;
    return { how, project: rest };
  });
}

export const methods = {
  async project_list({ database }) {
    return { projects: await database.rows(`SELECT ${columns} FROM projects ORDER BY created_at, name LIMIT 1000`) };
  },

  async project_create({ database, settings }, params) {
    const owner = text(params, "user", "anonymous");
    const wanted = {
      owner,
      name: text(params, "name"),
      description: optionalText(params, "description"),
      isDefault: params.default === true,
    };
    return { project: await database.transaction((rows) => insertProject(rows, wanted, settings)) };
  },

  /** Of this connection, and of its session when a token is given. */
  async project_switch(context, params) {
    const { database, connection, sessions } = context;
    const session = params.token === undefined ? undefined : await sessions.use(params.token);
    const project = await wantedProject(
      context,
      text(params, "name"),
      session?.user_name ?? text(params, "user", "anonymous"),
    );
    await database.transaction(async (rows) => {
      if (session !== undefined)
        await rows("UPDATE sessions SET project_id = $1 WHERE id = $2", [project.id, session.id]);
      await audit(rows, "project_switched", {
        entity: project.id,
        project: project.id,
        session: session?.id,
        actor: session?.user_name ?? params.user,
      });
    });
    connection.project = project.id;
    return { project };
  },

  async project_current(context, params) {
    if (params.token === undefined) return resolveProject(context, null, text(params, "user", "anonymous"));
    const { project_id } = await context.sessions.use(params.token);
    return {
      how: "session",
      project: await projectResolution.time(() =>
        context.database.row(`SELECT ${columns} FROM projects WHERE id = $1`, [project_id]),
      ),
    };
  },

  async project_info({ database }, params) {
    const name = text(params, "name");
    const project = await named(database, name);
    if (project === undefined) throw new Refusal("not_found", `no project is called ${name}`);
    const counts = await database.row(
      "SELECT (SELECT count(*)::int FROM contexts WHERE project_id = $1) AS contexts, (SELECT count(*)::int FROM sessions WHERE project_id = $1) AS sessions",
      [project.id],
    );
    return { project, ...counts };
  },

  /** With its sessions, contexts and analyses; what event_log tells of it stays. */
  async project_delete({ database, settings, connection }, params) {
    const name = text(params, "name");
    const project = await named(database, name);
    if (project === undefined) throw new Refusal("not_found", `no project is called ${name}`);
    if (project.id === settings.defaultProjectId) throw new Refusal("forbidden", "the system's default project stays");
    await database.transaction(async (rows) => {
      await rows("DELETE FROM projects WHERE id = $1", [project.id]);
      await audit(rows, "project_deleted", { entity: project.id, actor: params.user, details: { name } });
    });
    if (connection.project === project.id) connection.project = undefined;
    return { deleted: project.id };
  },
};
