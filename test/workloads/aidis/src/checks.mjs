/** Checks of the validation suite over the server's own protocol. Each gets the suite's state: later ones use what earlier ones made. */
import { expectEqual, expectRefused } from "./expect.mjs";

const events = async ({ client }, entity) =>
  (await client.must("event_log", { entity })).events.map(({ event_type }) => event_type);

const basics = [
  [
    "ping and version",
    async ({ client, settings }) => {
      expectEqual((await client.must("ping")).pong, true, "pong");
      expectEqual((await client.must("version")).version, settings.version, "version");
    },
  ],
  [
    "health with database",
    async ({ client }) => expectEqual((await client.must("health")).status, "healthy", "status"),
  ],
];

const projects = [
  [
    "system default project",
    async ({ client, settings }) => {
      const { projects: all } = await client.must("project_list");
      expectEqual(all.find(({ id }) => id === settings.defaultProjectId)?.name, "System Default", "DEFAULT_PROJECT_ID");
    },
  ],
  [
    "project creation",
    async (state) => {
      const { project } = await state.client.must("project_create", {
        name: state.project,
        user: state.user,
        description: "Überprüfung ✓",
      });
      state.projectId = project.id;
      expectEqual([project.name, project.description], [state.project, "Überprüfung ✓"], "project");
    },
  ],
  [
    "duplicate project refused",
    async ({ client, project, user }) =>
      expectRefused(await client.ask("project_create", { name: project, user }), "conflict"),
  ],
  [
    "project information",
    async ({ client, project }) => {
      const {
        project: { status },
        contexts,
        sessions,
      } = await client.must("project_info", { name: project });
      expectEqual([status, contexts, sessions], ["active", 0, 0], "project");
    },
  ],
];

const sessions = [
  [
    "session in the default project",
    async (state) => {
      const { how, project, token } = await state.client.must("session_start", {
        user: state.user,
        agent_type: "validation",
      });
      await state.client.must("session_end", { token });
      expectEqual([how, project.id], ["system", state.settings.defaultProjectId], "project");
    },
  ],
  [
    "project switching",
    async ({ client, project, user }) => {
      await client.must("project_switch", { name: project, user });
      const { how, project: current } = await client.must("project_current", { user });
      expectEqual([how, current.name], ["current", project], "project");
    },
  ],
  [
    "session in the current project",
    async (state) => {
      const { session, token, how } = await state.client.must("session_start", {
        user: state.user,
        agent_type: "validation",
      });
      Object.assign(state, { token, sessionId: session.id });
      expectEqual([how, session.project_id], ["current", state.projectId], "project");
    },
  ],
  [
    "session status",
    async ({ client, token, sessionId }) => {
      const { session } = await client.must("session_status", { token });
      expectEqual([session.id, session.status], [sessionId, "active"], "session");
    },
  ],
  [
    "forged token refused",
    async ({ client, token }) =>
      expectRefused(await client.ask("session_status", { token: `${token.slice(0, -4)}AAAA` }), "forbidden"),
  ],
];

const contexts = [
  [
    "context storage",
    async (state) => {
      for (const content of [
        "the switch sends requests to the new release",
        "the release keeps a backup of the database",
        "bananas are yellow 🍌",
      ]) {
        const { context } = await state.client.must("context_store", {
          token: state.token,
          type: "decision",
          content,
          tags: ["validation"],
        });
        state.contextId = context.id;
      }
      const { contexts: count } = await state.client.must("project_info", { name: state.project });
      expectEqual(count, 3, "contexts");
    },
  ],
  [
    "context search by text",
    async ({ client, token }) => {
      const found = await client.must("context_search", { token, query: "bananas", limit: 1 });
      expectEqual(found.contexts[0]?.content, "bananas are yellow 🍌", "first");
    },
  ],
  [
    "context search by meaning",
    async ({ client, token }) => {
      const found = await client.must("context_search", {
        token,
        query: "backup of the database",
        by: "meaning",
        limit: 1,
      });
      expectEqual(found.contexts[0]?.content, "the release keeps a backup of the database", "first");
    },
  ],
];

const analytics = [
  [
    "pattern discovery",
    async ({ client, token, settings }) => {
      const reply = await client.ask("pattern_discover", { token });
      if (!settings.analytics || !settings.patterns) return expectRefused(reply, "disabled");
      expectEqual(reply.result?.analysis.patterns.find(({ word }) => word === "release")?.count, 2, "pattern");
    },
  ],
  [
    "metrics, code and complexity analytics",
    async (state) => {
      const { client, token, settings } = state;
      const source = "import os\nif a and b:\n  while c:\n    pass";
      const replies = [];
      for (const method of ["metrics_start", "code_analyze", "complexity_analyze"])
        replies.push(await client.ask(method, { token, source }));
      if (!settings.analytics) {
        for (const reply of replies) expectRefused(reply, "disabled");
        return;
      }
      const [metrics, code, complexity] = replies.map((reply) => reply.result?.analysis);
      expectEqual([metrics?.status, code?.findings.imports, complexity?.complexity], ["running", 1, 3], "analyses");
      expectEqual((await client.must("metrics_stop", { token, id: metrics.id })).analysis.status, "stopped", "metrics");
    },
  ],
];

/** After the others: what they changed is in the audit trail. */
const audit = [
  "audit trail",
  async (state) => {
    const { client, token, projectId, sessionId, contextId } = state;
    await client.must("session_end", { token });
    expectEqual((await client.must("session_status", { token })).session.status, "ended", "session");
    expectEqual(await events(state, projectId), ["project_switched", "project_created"], "of the project");
    expectEqual(await events(state, sessionId), ["session_ended", "session_started"], "of the session");
    expectEqual(await events(state, contextId), ["context_stored"], "of the context");
  },
];

export const protocolChecks = [...basics, ...projects, ...sessions, ...contexts, ...analytics];
export const lastCheck = audit;
