import { createHash } from "node:crypto";
import { secretVariables } from "../../components/app/spec.ts";
import { originOf } from "../../components/edge/options.ts";
import { Secret } from "../../components/options/secret.ts";
import { canonical } from "../../components/steps/step.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";
import { leavesOf } from "./leaves.ts";

/** The config that a release was proved with. */
export interface Fingerprint {
  readonly hash: string;
  /** By option, without the namespace: `app.logLevel`. */
  readonly values: Readonly<Record<string, string>>;
}

const place = "which machine it is and how users get there";
const size = "how much there is to do there";
const act = "what is to happen on this stack alone";
const person = "who is told or asked there";
const compared = "compared on its own";

/** What environments differ by, and why. All else is part of the fingerprint, an option that is made tomorrow too. */
export const environmental: Readonly<Record<string, string>> = {
  project: place,
  stack: place,
  host: place,
  platform: place,
  aws: place,
  kubernetes: place,
  environment: "it decides how strict the config is, and nothing that runs",
  system: `${compared}: a system of one's own has another path in each checkout`,
  tier: size,
  resources: size,
  image: compared,
  images: compared,
  registries: person,
  "edge.domain": place,
  "edge.httpsPort": place,
  "edge.httpPort": place,
  "edge.tls": place,
  firewall: place,
  "edge.limits.requestsPerMinute": size,
  "tcp.port": place,
  "tcp.bind": place,
  "tcp.allow": person,
  "tcp.everybody": person,
  "tcp.certificate": place,
  secrets: "each stack's secrets are its own",
  announce: person,
  preflight: act,
  release: act,
  promotion: act,
  data: act,
  policies: "how strictly a plan is judged there, and nothing that runs",
  proof: act,
  "backup.keep": size,
  "backup.continuous": "how that stack's data are kept",
  "backup.windowDays": size,
  "backup.baseHours": size,
  "backup.slotMb": size,
  offsite: place,
  "prometheus.retentionDays": size,
  "prometheus.retentionMb": size,
  "prometheus.remoteWrite": person,
  watch: size,
  alerts: person,
  logs: size,
  "ollama.port": place,
  "ollama.gpu": place,
  "ollama.from": place,
  "rollout.readyTimeoutSeconds": size,
  "rollout.holdSeconds": size,
  "rollout.bakeSeconds": "only real traffic shows anything",
  "rollout.soakHours": "only real use shows anything",
  "rollout.back": act,
  "rollout.retry": act,
  "rollout.acceptSchema": "each stack's database is its own",
  "app.replicas": size,
  "app.workers": size,
  "app.maxWorkers": size,
  "app.poolSize": size,
  "app.dbPoolSize": size,
  "app.dbMaxOverflow": size,
  "app.databaseMaxConnections": size,
};

/** Where the names of secret variables stand. */
const variables = "secretVariables";

/** How the stack's own host name is told, so that what follows from it (CORS) is equal everywhere. */
const marks = { origin: "{origin}", domain: "{domain}" };

/** The settings, flat, without secrets and without what environments differ by; and the names of each workload's secret variables. */
export function fingerprintOf(settings: Settings, system: Pick<System, "workloads">): Fingerprint {
  const neutral = neutralFor(settings);
  const plain = leavesOf(settings)
    .filter(([option, value]) => !(value instanceof Secret) && !isEnvironmental(option))
    .map(([option, value]) => [option, neutral(typeof value === "string" ? value : JSON.stringify(value))]);
  const secret = system.workloads.flatMap((workload) =>
    secretVariables(workload).map(([variable]) => [`${variables}.${workload.name}.${variable}`, "(secret)"]),
  );
  const values: Record<string, string> = Object.fromEntries(
    [...plain, ...secret].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );
  return { hash: createHash("sha256").update(canonical(values)).digest("hex").slice(0, 16), values };
}

/** An option that has not the value it was proved with; undefined where it has none. */
export interface Difference {
  readonly option: string;
  readonly here: string | undefined;
  readonly proved: string | undefined;
}

/** @param accepted options that may differ, and all below them */
export function differences(
  here: Fingerprint["values"],
  proved: Fingerprint["values"],
  accepted: readonly string[] = [],
): readonly Difference[] {
  const options = [...new Set([...Object.keys(proved), ...Object.keys(here)])].sort();
  return options
    .filter((option) => here[option] !== proved[option] && !accepted.some((one) => isBelow(option, one)))
    .map((option) => ({ option, here: here[option], proved: proved[option] }));
}

/** The secret variable that an entry speaks of, with its workload; undefined for an option. */
export function variableOf(option: string): string | undefined {
  const [, workload, name] = new RegExp(`^${variables}\\.([^.]+)\\.(.+)$`).exec(option) ?? [];
  return name === undefined ? undefined : `${name} of ${workload}`;
}

/** A proved value as this stack would write it. */
export function ownValue(value: string, settings: Pick<Settings, "edge">): string {
  return value.replaceAll(marks.origin, originOf(settings.edge)).replaceAll(marks.domain, settings.edge.domain);
}

function neutralFor({ edge }: Pick<Settings, "edge">): (value: string) => string {
  // The origin has the domain in it, so it goes first.
  return (value) => value.replaceAll(originOf(edge), marks.origin).replaceAll(edge.domain, marks.domain);
}

function isEnvironmental(option: string): boolean {
  return Object.keys(environmental).some((one) => isBelow(option, one));
}

/** `edge.tls.mode` is below `edge.tls`, and `edge.tls` itself is too. */
function isBelow(option: string, above: string): boolean {
  return option === above || option.startsWith(`${above}.`) || option.startsWith(`${above}[`);
}
