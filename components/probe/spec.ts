/** A question to a running system and the answer that proves it. Plain data. */
export type Probe = HttpProbe | CommandProbe;

/**
 * A command in the product's own image, on the stack's own networks and with the workload's own variables: it exits with 0 when what it asked is
 * proved. For what speaks no http, and for a product's own validation suite (guide 002, step 7).
 */
export interface CommandProbe {
  readonly kind: "command";
  readonly name: string;
  /** `network`: at the switch; `{host}` and `{port}` lead to the candidates before the switch, to the serving release after it. */
  readonly via: "network";
  /** Which workload's variables it gets. */
  readonly workload: string;
  readonly argv: readonly string[];
  readonly timeoutSeconds: number;
  /** A line of its output that a user wants to see, e.g. `session creation: .*`; every match is reported. */
  readonly report?: string;
  readonly cleanup?: boolean;
}

export interface HttpProbe {
  /** @default "http" */
  readonly kind?: "http";
  readonly name: string;
  /** `network`: to the part itself, inside the private network. `edge`: as a user, by https through edge and switch. */
  readonly via: "network" | "edge";
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The name of a secret of the system, sent as bearer token and never printed. */
  readonly bearer?: string;
  readonly body?: unknown;
  readonly expect: {
    readonly status: number;
    /** A part of the JSON answer: every key here is there with this value. */
    readonly json?: Readonly<Record<string, unknown>>;
    /** A piece of the answer's text. */
    readonly text?: string;
  };
  /** Asked again until the answer is the wanted one, at most so long: for what a worker does meanwhile. @default it is asked once */
  readonly withinSeconds?: number;
  /** Removes what the others wrote: runs last, also after a failure. */
  readonly cleanup?: boolean;
}

/** A probe without a kind is one by http. */
export function isHttp(probe: Probe): probe is HttpProbe {
  return probe.kind !== "command";
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** How curl reaches the address that a probe's `via` means. */
export interface Target {
  /** e.g. `http://app:8000` or `https://tmws.localhost:8443` */
  readonly base: string;
  /** Arguments that are no secret: `--cacert`, `--resolve`. */
  readonly options: readonly string[];
}

/** The variable that carries curl's own config, so that no header stands in a process list. */
export const curlConfigVariable = "SLIPWAY_CURL";

/** Reads its config from the environment. A shell, because an exec has no standard input of ours. */
export const curlCommand = ["sh", "-c", `printf '%s' "$${curlConfigVariable}" | curl --config -`] as const;

const timeoutSeconds = 10;

/** curl's config for one probe; every value quoted by curl's own rules. */
export function curlConfig(probe: HttpProbe, target: Target, token: string | undefined): string {
  const headers = [
    ...Object.entries(probe.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(probe.body === undefined ? [] : ["Content-Type: application/json"]),
  ];
  const lines = [
    "silent",
    "show-error",
    // Braces and brackets in a path are the path's own.
    "globoff",
    `max-time = ${timeoutSeconds}`,
    `request = ${quoted(probe.method)}`,
    `url = ${quoted(`${target.base}${probe.path}`)}`,
    `write-out = ${quoted("\n%{http_code}")}`,
    ...headers.map((header) => `header = ${quoted(header)}`),
    ...(probe.body === undefined ? [] : [`data-raw = ${quoted(JSON.stringify(probe.body))}`]),
    ...target.options,
  ];
  return `${lines.join("\n")}\n`;
}

/** curl's answer: the body, then the status on a line of its own. Undefined when there was none. */
export function parseAnswer(output: string): Answer | undefined {
  const at = output.lastIndexOf("\n");
  const status = Number(output.slice(at + 1));
  return Number.isInteger(status) && status > 0 ? { status, body: output.slice(0, Math.max(at, 0)) } : undefined;
}

/** Undefined when the answer proves the probe, else what is wrong with it. */
export function judge(probe: HttpProbe, answer: Answer): string | undefined {
  const shown = `${answer.status} ${answer.body.slice(0, 500)}`;
  if (answer.status !== probe.expect.status) return `wanted status ${probe.expect.status}, got ${shown}`;
  if (probe.expect.text !== undefined && !answer.body.includes(probe.expect.text)) {
    return `wanted the text ${JSON.stringify(probe.expect.text)}, got ${shown}`;
  }
  if (probe.expect.json === undefined) return undefined;
  const json = parseJson(answer.body);
  return contains(json, probe.expect.json)
    ? undefined
    : `wanted JSON with ${JSON.stringify(probe.expect.json)}, got ${shown}`;
}

/** The same of curl's output. @param silence in place of an output that is empty: why there is none */
export function judgeOutput(probe: HttpProbe, output: string, silence: string): string | undefined {
  const answer = parseAnswer(output);
  return answer === undefined ? `no answer: ${output.trim() || silence}` : judge(probe, answer);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function contains(actual: unknown, wanted: unknown): boolean {
  if (wanted === null || typeof wanted !== "object") return actual === wanted;
  if (actual === null || typeof actual !== "object") return false;
  const have = new Map(Object.entries(actual));
  return Object.entries(wanted).every(([key, value]) => have.has(key) && contains(have.get(key), value));
}

function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `"${escaped}"`;
}
