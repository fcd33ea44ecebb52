import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Arguments } from "../arguments.ts";

/** Where the comment goes; what GitHub sets in every job, and the workflow's own PULL_REQUEST. */
const surroundings = z.object({
  GITHUB_API_URL: z.url().default("https://api.github.com"),
  GITHUB_REPOSITORY: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  GITHUB_TOKEN: z.string().min(1),
  PULL_REQUEST: z.string().regex(/^\d+$/),
});
type Surroundings = z.output<typeof surroundings>;

const comments = z.array(
  z.object({ id: z.number(), body: z.string().nullish(), user: z.object({ type: z.string() }).nullish() }),
);
const posted = z.object({ html_url: z.string() });

const perPage = 100;
const patienceMs = 30_000;

/** Puts the comment on the pull request: the one with the same first line is edited in place, else it is a new one. */
export async function postComment({ rest }: Arguments, say: (line: string) => void): Promise<number> {
  const [file, ...more] = rest;
  if (file === undefined || more.length > 0)
    throw new Error("one file is wanted, e.g. npm run -s preview:post -- comment.md");
  const body = await readFile(file, "utf8");
  const [marker = ""] = body.split("\n", 1);
  if (!/^<!-- slipway-preview:\S+ -->$/.test(marker))
    throw new Error(`${file} is not what \`npm run -s preview:comment\` prints: its first line is no marker`);
  const to = where(process.env);
  const known = await findComment(to, marker);
  const path = known === undefined ? `/issues/${to.PULL_REQUEST}/comments` : `/issues/comments/${known}`;
  const answer = await ask(to, known === undefined ? "POST" : "PATCH", path, { body });
  say(`${known === undefined ? "posted" : "edited"} ${posted.parse(answer).html_url}`);
  return 0;
}

function where(env: Readonly<Record<string, string | undefined>>): Surroundings {
  const parsed = surroundings.safeParse(env);
  if (parsed.success) return parsed.data;
  const names = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))];
  throw new Error(
    `missing or not usable in the environment: ${names.join(", ")}; a workflow of GitHub sets all but GITHUB_TOKEN and PULL_REQUEST, which .github/workflows/preview.yml gives`,
  );
}

/** A comment of a person that has our first line is theirs: only a bot's is edited. */
async function findComment(to: Surroundings, marker: string): Promise<number | undefined> {
  for (let page = 1; ; page += 1) {
    const path = `/issues/${to.PULL_REQUEST}/comments?per_page=${perPage}&page=${page}`;
    const found = comments.parse(await ask(to, "GET", path));
    const own = found.find(({ body, user }) => user?.type === "Bot" && body?.split(/\r?\n/, 1)[0] === marker);
    if (own !== undefined) return own.id;
    if (found.length < perPage) return undefined;
  }
}

async function ask(to: Surroundings, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${to.GITHUB_API_URL}/repos/${to.GITHUB_REPOSITORY}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${to.GITHUB_TOKEN}`,
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
    },
    signal: AbortSignal.timeout(patienceMs),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.ok) return response.json();
  const said = (await response.text()).slice(0, 300);
  const mend = response.status === 403 ? "; the job needs `permissions: pull-requests: write`" : "";
  throw new Error(`GitHub answered ${response.status} to ${method} ${path}: ${said}${mend}`);
}
