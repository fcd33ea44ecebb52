import { label } from "../../components/container/spec.ts";
import { all } from "../../components/nouns/all.ts";
import { exposures } from "./exposure.ts";
import { type Change, inner } from "./steps.ts";

/** Highest first: so a comment is read, and so it is cut. */
export const risks = ["data", "exposure", "removal", "migration", "outage", "release", "other"] as const;
export type Risk = (typeof risks)[number];

export interface Told {
  readonly risk: Risk;
  readonly words: string;
}

/** A line of the table of risks: the first that speaks of a change tells it. */
export interface RiskRule {
  readonly risk: Risk;
  readonly words: (change: Change) => string | undefined;
}

const ends = (type: string) => (change: Change) => change.type.endsWith(type);
const isVolume = ends("docker:index/volume:Volume");
const isContainer = ends("docker:index/container:Container");
const isRandom = (change: Change) => change.type.startsWith("random:");
const isStep = (name: string) => ends(`slipway:steps:${name}`);
const goes = ({ op }: Change) => op === "replace" || op === "delete";

/** What it costs users when a part's container is another, or is not there for a moment. */
const outages: Readonly<Record<string, string>> = all("outage");

/** Types of the stores and of other clouds whose replacement loses what is in them. */
const stateful = /[:/](volume|persistentVolumeClaim|bucket|bucketV2|instance|cluster|table|fileSystem|database):/i;

/** Told of a change in this order; what opens a port is told beside it, see exposure.ts. */
export const riskRules: readonly RiskRule[] = [
  { risk: "data", words: (it) => volumeWords(it) },
  {
    risk: "data",
    words: (it) =>
      isRandom(it) && goes(it)
        ? `${verb(it)} the generated secret ${code(it)}: what it protects may be lost`
        : undefined,
  },
  {
    risk: "data",
    words: (it) =>
      goes(it) && !it.type.startsWith("docker:") && stateful.test(it.type)
        ? `${verb(it)} ${code(it)}: data at risk`
        : undefined,
  },
  {
    risk: "data",
    words: (it) =>
      goes(it) && isStep("ProofKey")(it) ? `${verb(it)} ${code(it)}: who trusts it takes no later proof` : undefined,
  },
  {
    risk: "exposure",
    words: (it) =>
      isStep("Firewall")(it) && it.op === "delete"
        ? "takes the firewall away: the host answers on every port that something listens on"
        : undefined,
  },
  { risk: "migration", words: (it) => (isStep("Migration")(it) ? migrationWords(it) : undefined) },
  { risk: "removal", words: (it) => (it.op === "delete" ? `removes ${code(it)}` : undefined) },
  {
    risk: "outage",
    words: (it) =>
      isContainer(it) && it.op !== "create"
        ? `restarts ${outages[it.name] ?? `${code(it)}: seconds without it`}`
        : undefined,
  },
  {
    risk: "outage",
    words: (it) =>
      it.type.endsWith("network:Network") && it.op === "replace"
        ? `replaces the network ${code(it)}: what is on it is made anew`
        : undefined,
  },
  // Preflight found it: the step has no other reason to run.
  { risk: "release", words: (it) => putRightWords(it) },
  { risk: "exposure", words: (it) => (isStep("Firewall")(it) ? wallWords(it) : undefined) },
  { risk: "release", words: (it) => (isStep("Rollout")(it) ? releaseWords(it) : undefined) },
  { risk: "release", words: (it) => (isStep("BackupPoint")(it) ? "takes a backup first" : undefined) },
  { risk: "release", words: (it) => (isStep("SmokeTest")(it) ? "proves the result by smoke tests" : undefined) },
  {
    risk: "release",
    words: (it) => (isStep("Proof")(it) && !goes(it) ? "signs the proof that another stack may take" : undefined),
  },
  { risk: "other", words: (it) => (isComponent(it) ? "" : `${verb(it)} ${code(it)}`) },
];

/** Everything there is to say of a change; nothing of one that only groups others. */
export function tell(change: Change): readonly Told[] {
  const opened = exposures(change).map((words): Told => ({ risk: "exposure", words }));
  for (const { risk, words } of riskRules) {
    const said = words(change);
    if (said !== undefined) return said === "" ? opened : [...opened, { risk, words: said }];
  }
  return opened;
}

function volumeWords(it: Change): string | undefined {
  if (!isVolume(it) || !goes(it)) return undefined;
  return it.op === "replace"
    ? `replaces the volume ${code(it)}: data at risk`
    : `removes the volume ${code(it)}: its data go`;
}

function migrationWords(it: Change): string {
  const target = inner(it.after, "schema", "target");
  const before = inner(it.before, "schema", "target");
  if (it.op === "delete") return `removes the migration ${code(it)}`;
  if (target === before) return "rehearses the migration again on a copy; the schema stays";
  const kind =
    inner(it.after, "kind") === "contract" ? "contracts: it takes away what older releases may need" : "expands";
  const seconds = inner(it.outputs, "rehearsalSeconds");
  const took = typeof seconds === "number" ? `, the last rehearsal took ${Math.round(seconds)} s` : "";
  const from = before === undefined ? "" : ` (from \`${plain(before)}\`)`;
  return `migration \`${plain(target)}\` runs${from}, ${kind}${took}`;
}

function putRightWords(it: Change): string | undefined {
  const deviation = inner(it.after, "deviation");
  const alone = it.op === "update" && it.keys.every((key) => key === "deviation");
  if (!alone || typeof deviation !== "string" || deviation === "") return undefined;
  return `puts right what is other than it was made, ${code(it)}: ${plain(deviation)}`;
}

function wallWords({ after }: Change): string {
  const open = inner(after, "exposure", "open");
  const ports = Array.isArray(open) ? open.map((one: unknown) => plain(inner({ one }, "one", "port"))) : [];
  return `sets the host's firewall: open ${ports.length === 0 ? "is nothing" : `are ${ports.join(", ")}`}, all else is denied`;
}

function releaseWords(it: Change): string {
  const workloads: unknown = inner(it.after, "workloads");
  const names = Array.isArray(workloads) ? workloads.flatMap((one: unknown) => nameOf(one)) : [];
  const what = names.length === 0 ? "the app" : names.join(", ");
  if (it.op === "create") return `starts ${what} for the first time`;
  if (it.op === "delete") return `removes ${what}`;
  return inner(it.after, "mode") === "stop-first"
    ? `restarts ${what}: requests wait for seconds, none is lost`
    : `restarts ${what}, no requests lost`;
}

function nameOf(workload: unknown): readonly string[] {
  const name = inner({ workload }, "workload", "container", "labels", label.part);
  return typeof name === "string" ? [name] : [];
}

function verb({ op }: Change): string {
  return { create: "creates", update: "updates", replace: "replaces", delete: "removes" }[op];
}

/** Slipway's own groups (`slipway:docker:App`) are nothing by themselves; its steps are, by their own type. */
function isComponent({ type }: Change): boolean {
  return type.startsWith("slipway:");
}

/** A resource's name in a comment's Markdown, which cannot break out of its quotes. */
export function code({ name }: Pick<Change, "name">): string {
  return `\`${plain(name)}\``;
}

/** Nothing in it ends the code that it stands in. */
function plain(value: unknown): string {
  return String(value ?? "?")
    .replaceAll(/[`\r\n]/g, "'")
    .slice(0, 120);
}
