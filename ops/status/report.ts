import { z } from "zod";

/** What `npm run status -- --json` prints; docs/status.schema.json is made of it. A field may come, none goes or changes its meaning before `version` does. */

const time = z.iso.datetime().describe("ISO 8601, UTC");
const orNull = <T extends z.ZodType>(shape: T, why: string) => shape.nullable().describe(why);

const release = z.object({
  id: z.string().describe("as the journal on the host names it"),
  version: orNull(z.string(), "of the product; null where the release is not the one that the last `up` recorded"),
  image: z.string().describe("the engine's id"),
  imageName: orNull(z.string(), "as config asked for it; null as for version"),
  commit: orNull(z.string(), "of the image's source code, where it was built here"),
  since: time,
  proved: z.boolean().describe("a smoke test proved this release"),
  schemaRevision: z.string().describe("that it was released with"),
  previous: orNull(z.string(), "the release that is kept to go back to"),
});

const rollout = z.object({
  deviation: orNull(z.string(), "what is other than the last release left it; null when nothing is"),
  open: orNull(
    z.object({ release: z.string(), phase: z.string(), held: z.boolean().describe("requests wait for it") }),
    "a release that has begun and has not ended",
  ),
  baking: orNull(z.object({ release: z.string(), until: time }), "the release that is watched after its switch"),
  lease: orNull(
    z.object({ purpose: z.string(), process: z.string(), machine: z.string() }),
    "who changes the stack at this moment",
  ),
});

const database = z.object({
  kind: z.enum(["sqlite", "postgres"]),
  connected: z.boolean(),
  milliseconds: z.number().describe("how long the question for the revision took"),
  revision: orNull(z.string(), "of the schema, asked of the database now"),
  wanted: z.string().describe("by config"),
  connections: orNull(
    z.object({ used: z.number(), allowed: z.number() }),
    "to the server; null for SQLite, and without an answer",
  ),
});

const part = z.object({
  part: z.string().describe("e.g. app, redis; each replica of a workload is one entry"),
  container: z
    .string()
    .describe("name of its container, of its task or of AWS' server; empty for a container that is missing"),
  workload: z.boolean().describe("a process of the product itself"),
  state: z.enum(["running", "stopped", "missing"]),
  health: z.string().describe("healthy, unhealthy, starting; none where it has no check of its own"),
  ageSeconds: orNull(z.number(), "since its process began"),
  restarts: z.number().describe("by the engine itself"),
  outOfMemory: z.boolean().describe("its last end was for memory"),
  exitCode: orNull(z.number(), "of a process that ended"),
  image: z.string(),
  memoryBytes: orNull(z.number(), "without what the kernel only caches"),
  memoryLimitBytes: orNull(z.number(), "null when it does not run"),
  cpuPercent: orNull(z.number(), "of one core, in the last second"),
  errors: z.number().describe("lines of its log in the last five minutes that say error"),
  lastErrors: z.array(z.string()).describe("the last of them, known secrets redacted"),
  says: z
    .record(z.string(), z.string())
    .describe("what the product answers of itself: readiness and diagnostics, flattened"),
  ready: orNull(z.boolean(), "whether that answer is a healthy one; null where nothing is asked"),
});

const certificate = z.object({
  name: z.string().describe("what is certified"),
  source: z.enum(["edge", "stack"]).describe("asked by TLS at the edge, or the stack's own CA and what it signed"),
  issuer: orNull(z.string(), "null for the stack's own"),
  ends: time,
  daysLeft: z.number(),
  due: z.boolean().describe("less than a tenth of its life is left"),
  trusted: orNull(z.boolean(), "a client would take it; null where none was asked"),
});

const trigger = z.object({
  name: z.string(),
  value: orNull(z.number(), "now, over the last minute; null when there is none"),
  allowed: orNull(z.number(), "null for what is compared with the time before a release"),
  unit: z.enum(["ratio", "seconds", "count"]),
  guide: z.string().describe("where the limit comes from"),
  tripped: orNull(z.string(), "what is wrong, in words"),
});

const alert = z.object({
  name: z.string(),
  severity: z.string(),
  summary: z.string(),
  runbook: z.string().optional().describe("what to look at and what mends it; a path in the checkout"),
  since: time,
});

const minute = z.object({
  at: time,
  requestsPerSecond: orNull(z.number(), "null: not known"),
  errorRatio: orNull(z.number(), "answers of 500 and above, 0 to 1; null without a request"),
  p50Ms: orNull(z.number(), "until the first byte of the answer, waiting at the switch included"),
  p99Ms: orNull(z.number(), "the same"),
  saturation: orNull(z.number(), "of the switch, 0 to 1: its process or its connections, whichever is fuller"),
});

const golden = z.object({
  from: time,
  requests: z.number().describe("in the last hour; raw TCP: connections"),
  requestsPerSecond: z.number(),
  errorRatio: orNull(z.number(), "null without a request"),
  p50Ms: orNull(z.number(), "exact, from the switch's log; null without a request, and for raw TCP"),
  p99Ms: orNull(z.number(), "the same"),
  latencyFrom: time.describe("the log reaches back to here; later than `from` when it was rotated since"),
  saturation: orNull(z.number(), "the highest of the hour; null without Prometheus"),
  minutes: z.array(minute),
});

const host = z.object({
  cores: z.number(),
  load: z.number().describe("of the last minute"),
  memoryBytes: z.number(),
  memoryAvailableBytes: z.number(),
  diskBytes: z.number().describe("where Docker keeps volumes"),
  diskFreeBytes: z.number(),
  docker: z.string(),
});

const backup = z.object({
  sets: z.number(),
  last: orNull(
    z.object({ name: z.string(), taken: time, ageSeconds: z.number(), kilobytes: z.number() }),
    "null while there is none",
  ),
});

export const report = z.object({
  version: z.literal(1),
  stack: z.string(),
  system: z.string().describe("e.g. tmws; empty before the first release"),
  url: z.string().describe("where users find it; in words for a system without https"),
  at: time.describe("when it was looked at; ISO 8601, UTC"),
  healthy: z.boolean().describe("no problem, and everything could be asked"),
  problems: z
    .array(z.object({ part: z.string(), what: z.string() }))
    .describe("why it is not healthy, by part; exit code 1 when there is one"),
  unanswered: z
    .array(z.object({ part: z.string(), why: z.string() }))
    .describe("what could not be looked at; exit code 2 when nothing else is wrong"),
  release: orNull(release, "null while none serves"),
  rollout,
  database: orNull(database, "null before the first release, and where AWS runs it: then it is a part"),
  parts: z.array(part).describe("the replicas that serve, then what stands beside them"),
  backup: orNull(backup, "null where it could not be asked"),
  certificates: z.array(certificate),
  triggers: z.array(trigger).describe("what undoes a release in its bake time; empty without Prometheus"),
  alerts: z.array(alert).describe("firing ones of the stack's Prometheus, or of CloudWatch"),
  golden: orNull(golden, "of the last hour; null while the switch cannot be asked, and where there is none"),
  host: orNull(host, "null where it could not be asked, and where there is none"),
});

/** The same for whoever reads it with other tools: JSON Schema, as text. */
export function reportSchema(): string {
  const title = "What `npm run status -- --json` prints";
  const schema = z.toJSONSchema(report, {
    // A field that comes later is no error to whoever reads by this schema.
    io: "input",
    // `format` says it; the pattern of a date is a line that nobody reads.
    override: ({ jsonSchema }) => Reflect.deleteProperty(jsonSchema, "pattern"),
  });
  return `${JSON.stringify({ title, ...schema }, undefined, 2)}\n`;
}

export type Report = z.output<typeof report>;
/** What was seen, before it is judged. */
export type Facts = Omit<Report, "healthy" | "problems" | "version">;
export type Part = Report["parts"][number];
export type Certificate = Report["certificates"][number];
export type Trigger = Report["triggers"][number];
export type Alert = Report["alerts"][number];
export type Golden = NonNullable<Report["golden"]>;
export type Minute = Golden["minutes"][number];
export type Host = NonNullable<Report["host"]>;
export type Backup = NonNullable<Report["backup"]>;
export type Problem = Report["problems"][number];
