/** What counts as a failed request or stream, by the name it has in the report. */
export type FailureKind =
  | `status ${number}`
  /** JSON lines: an answer that is an error, by its type. */
  | `answer ${string}`
  /** JSON lines: an answer to another request. */
  | "wrong answer"
  /** Nobody listened. */
  | "refused"
  /** The connection broke before an answer began. */
  | "reset"
  /** The answer began and broke off. */
  | "cut"
  | "tls"
  /** No whole answer within the limit, counted from the moment the request was due. */
  | "timeout"
  /** Not the JSON that the system answers. */
  | "not json"
  | `error ${string}`
  /** A stream ended without a close frame, or without the line that announces it. */
  | "stream cut"
  /** A stream was open and nothing came for too long. */
  | "stream silent"
  /** A stream was not back in time after the system answered again. */
  | "stream late"
  /** A stream came back to another release than the one that was just made. */
  | "stream old";

export type Method = "GET" | "POST" | "STREAM";

export interface Failure {
  /** Seconds since the load began. */
  readonly at: number;
  readonly method: Method;
  readonly kind: FailureKind;
  /** What the engine or the library said. */
  readonly detail: string;
}

const tlsCodes = /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO$)/;

/** @param begun whether the answer's head had come */
export function kindOfError(error: unknown, begun: boolean): FailureKind {
  const code = codeOf(error);
  if (begun) return "cut";
  if (code === "ECONNREFUSED" || code === "ENOENT") return "refused";
  // Node says "socket hang up" with this code as well.
  if (code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED") return "reset";
  if (code === "ETIMEDOUT") return "timeout";
  if (code !== undefined && tlsCodes.test(code)) return "tls";
  return `error ${code ?? "unknown"}`;
}

/** Undefined for 2xx. */
export function kindOfStatus(status: number): FailureKind | undefined {
  return status >= 200 && status < 300 ? undefined : `status ${status}`;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first words of an answer, on one line. Pure. */
export function excerpt(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 120);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
