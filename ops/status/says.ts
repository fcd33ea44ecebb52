import { isRecord } from "../../components/options/path.ts";
import {
  type Answer,
  curlCommand,
  curlConfig,
  curlConfigVariable,
  judge,
  parseAnswer,
} from "../../components/probe/spec.ts";
import type { Session } from "../../components/steps/session.ts";
import type { RolloutRecord } from "../recorded/shapes.ts";
import { plain } from "./words.ts";

export interface Said {
  readonly ready: boolean;
  /** With a `problem` first, when it is not ready. */
  readonly says: Record<string, string>;
}

type Web = Extract<RolloutRecord["workloads"][number]["duty"], { kind: "web" }>;

/** Asks one replica, by its own name on the front network, what it says of itself: readiness, and diagnostics where it has them. */
export async function askReplica(
  session: Session,
  { port, path, json }: Web,
  alias: string,
  diagnostics: string | undefined,
  redacted: (text: string) => string,
): Promise<Said> {
  const ask = async (at: string): Promise<Answer | undefined> => {
    const answer = await get(session, `http://${alias}:${port}`, at);
    // Before anything is cut short: half of a secret would be known to nobody.
    return answer && { ...answer, body: redacted(answer.body) };
  };
  const ready = await ask(path);
  const more = diagnostics === undefined ? undefined : await ask(diagnostics);
  const probe = { name: path, via: "network", method: "GET", path, expect: { status: 200, json } } as const;
  const problem = ready === undefined ? `${path} does not answer` : judge(probe, ready);
  return {
    ready: problem === undefined,
    says: {
      ...(problem !== undefined && { problem: plain(problem).slice(0, longest) }),
      ...flat(ready?.body),
      ...(more?.status === 200 && flat(more.body)),
    },
  };
}

async function get(session: Session, base: string, path: string): Promise<Answer | undefined> {
  const probe = { name: path, via: "network", method: "GET", path, expect: { status: 200 } } as const;
  const config = curlConfig(probe, { base, options: [] }, undefined);
  const { output } = await session.run({ argv: curlCommand, env: { [curlConfigVariable]: config } });
  return parseAnswer(output);
}

const most = 80;
const longest = 200;

/** `services.database.response_time_ms: 12.5`, from an answer in JSON; empty for any other. Pure. */
export function flat(body: string | undefined): Readonly<Record<string, string>> {
  const entries = leaves(parse(body ?? ""), "");
  return Object.fromEntries(entries.slice(0, most));
}

function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  if (isRecord(value)) return Object.entries(value).flatMap(([name, inner]) => leaves(inner, below(name)));
  if (Array.isArray(value)) return value.flatMap((inner, place) => leaves(inner, below(String(place))));
  return [[path === "" ? "answer" : plain(path), plain(String(value)).slice(0, longest)]];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not every product answers in JSON.
  }
}
