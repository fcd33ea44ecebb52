import { z } from "zod";

/** In texts `$key` becomes the request's own key. */
const httpsProtocol = z.object({
  transport: z.literal("https"),
  get: z.object({ path: z.string() }),
  post: z.object({ path: z.string(), body: z.string(), headers: z.record(z.string(), z.string()).optional() }),
  /** Tells a version again and again: a WebSocket, or server-sent events. */
  stream: z.object({ path: z.string(), by: z.enum(["websocket", "events"]) }),
});
export type HttpsProtocol = z.infer<typeof httpsProtocol>;

const line = z.object({ line: z.string() });

/** JSON lines over TLS; the key is each line's `id`. */
const tcpProtocol = z.object({
  transport: z.literal("tcp"),
  /** A question that changes nothing. */
  get: line,
  /** A write. */
  post: line,
  /** What a long session says now and then. */
  stream: line,
});
export type TcpProtocol = z.infer<typeof tcpProtocol>;

/** How users speak to a system, and what they say. */
const protocol = z.discriminatedUnion("transport", [httpsProtocol, tcpProtocol]);
export type Protocol = z.infer<typeof protocol>;

/** What the load generator is told, in its one argument. The bearer comes in the environment: an argument can be read by every process. */
export const loadConfig = z.object({
  /** On 127.0.0.1. */
  port: z.number().int(),
  /** Host name, for SNI, certificate and https' Host. */
  host: z.string(),
  caFile: z.string(),
  requestsPerSecond: z.number().positive(),
  /** Which part of the requests are writes, 0 to 1. */
  postShare: z.number().min(0).max(1),
  /** Which part of the reads come on a connection of their own, so that accepting and TLS are under test as well. */
  freshShare: z.number().min(0).max(1),
  connections: z.number().int().positive(),
  timeoutMs: z.number().positive(),
  protocol,
  /** First part of every key, so that a run finds its own rows. */
  keyPrefix: z.string(),
  /** Keys of the writes that were answered well, one a line. */
  acknowledgedFile: z.string(),
  streams: z.object({
    count: z.number().int().nonnegative(),
    /** Time to be back once the system answers again. */
    backWithinMs: z.number().positive(),
    /** An open stream without a message for so long is dead. */
    silentAfterMs: z.number().positive(),
  }),
});
export type LoadConfig = z.infer<typeof loadConfig>;

export const bearerVariable = "SLIPWAY_BENCH_BEARER";

const counts = z.record(z.string(), z.number());

/** One stretch of the load, from a mark to the next. */
const windowReport = z.object({
  name: z.string(),
  seconds: z.number(),
  requests: z.number(),
  failed: z.number(),
  byKind: counts,
  latency: z.object({ buckets: z.array(z.tuple([z.number(), z.number()])), maxMs: z.number() }),
  /** Longest time without any good answer. */
  holdMs: z.number(),
  /** Answers by the version that gave them. */
  versions: counts,
  /** Streams that ended, by close code; 1006 is none. An orderly end of what has no codes counts as 1012. */
  closed: counts,
  /** Longest time from a stream's end to its next message. */
  backMs: z.number(),
});
export type WindowReport = z.infer<typeof windowReport>;

export const loadReport = z.object({
  windows: z.array(windowReport),
  acknowledged: z.number(),
  failures: z.array(z.object({ at: z.number(), method: z.string(), kind: z.string(), detail: z.string() })),
  /** Of the generator itself: when these are large, it is what was measured. */
  cpuSeconds: z.number(),
  seconds: z.number(),
  worstLagMs: z.number(),
});
export type LoadReport = z.infer<typeof loadReport>;

/** Its lines on standard output: one a second, the report last. */
export const loadLine = z.union([
  z.object({ report: loadReport }),
  z.object({
    second: z.number(),
    requests: z.number(),
    failed: z.number(),
    p99Ms: z.number(),
    waiting: z.number(),
    streams: z.number(),
  }),
]);
export type LoadLine = z.infer<typeof loadLine>;
