import type { EnvValue } from "../../components/app/spec.ts";
import { formatPath } from "../../components/options/path.ts";
import { hidden } from "../../infra/config/finding.ts";
import type { System } from "../../infra/systems/system.ts";
import type { Mapping } from "./mapping.ts";
import { hasSecretShape } from "./secrecy.ts";

/** A variable as the processes of a workload will see it; `value` is safe to print. */
export interface SeenVariable {
  readonly name: string;
  readonly value: string;
  /** The option that makes it, or that Slipway does. */
  readonly from: string;
}

export interface SeenWorkload {
  readonly workload: string;
  readonly variables: readonly SeenVariable[];
}

/** Every variable of every workload, from the very data that a release is made of. */
export function seenByApp(system: System, mapping: Mapping): readonly SeenWorkload[] {
  return system.workloads.map(({ name: workload, env }) => ({
    workload,
    variables: Object.entries(env).map(([name, value]) => ({
      name,
      value: seenValue(system, value),
      from: origin(name, mapping),
    })),
  }));
}

function origin(name: string, mapping: Mapping): string {
  const option = mapping.options.get(name);
  if (option !== undefined) return formatPath(option.path);
  if (mapping.isReserved(name) || !mapping.extra.plain) return "set by Slipway";
  return `slipway:app.${typeof mapping.env[name] === "string" ? "extraEnv" : "secretEnv"}.${name}`;
}

/** What stands in a variable, never a secret: late values, which a release makes, are named. */
export function seenValue(system: System, value: EnvValue | undefined): string {
  if (value === undefined) return "nothing: this stack's app has no such variable";
  if (typeof value === "string") return hasSecretShape(value) ? hidden : value;
  if ("secret" in value) return seenSecret(system, value.secret);
  return value.field === "password"
    ? `(password of ${value.store}, ${isGiven(system, value.store) ? "from config" : "generated once per stack"})`
    : `(address of ${value.store} with its password, known when it is there)`;
}

function seenSecret({ secrets }: System, name: string): string {
  const found = secrets[name];
  if (found?.given !== undefined) return hidden;
  switch (found?.source.kind) {
    case "hex":
      return `(${found.source.length} hex digits, generated once per stack)`;
    case "password":
      return `(${found.source.length} letters and digits, generated once per stack)`;
    case "hmac-sha256":
      return `(follows from ${found.source.key})`;
    default:
      return hidden;
  }
}

function isGiven({ redis, database }: System, store: "redis" | "postgres"): boolean {
  if (store === "redis") return redis.password !== undefined;
  return database.kind === "postgres" && database.appPassword !== undefined;
}

/** A `.env` file for each workload, with where each value comes from as a comment; secrets were hidden before. */
export function renderSeen(workloads: readonly SeenWorkload[]): string {
  return workloads
    .map(({ workload, variables }) => {
      const rows = variables.map(({ name, value, from }) => [`${name}=${printable(value)}`, from] as const);
      const width = Math.min(80, Math.max(0, ...rows.map(([text]) => text.length)));
      return [`# workload ${workload}`, ...rows.map(([text, from]) => `${text.padEnd(width)}  # ${from}`)].join("\n");
    })
    .join("\n\n");
}

/** One line each: a value of several, or one that the shell would read otherwise, in JSON's quotes. */
function printable(value: string): string {
  return /[\p{Cc}#]|^["' ]| $/u.test(value) ? JSON.stringify(value) : value;
}
