import type { EnvValue } from "../../components/app/spec.ts";
import type { Kind } from "../../components/options/option.ts";
import type { Path } from "../../components/options/path.ts";
import { rootSchema } from "../../infra/config/schema.ts";
import { holdsSecret, type Node, nodeAt, treeOf } from "../../infra/config/schema-tree.ts";
import type { Settings } from "../../infra/config/settings.ts";
import type { SystemOptions } from "../../infra/config/system-options.ts";
import type { System } from "../../infra/systems/system.ts";

/** An option that makes a variable. */
export interface Target {
  readonly path: Path;
  readonly kind: Kind<unknown>;
  readonly secret: boolean;
}

/** Which option makes which variable: read from what each system says of itself, so that there is no second table. */
export interface Mapping {
  readonly options: ReadonlyMap<string, Target>;
  /** What the app sees of each variable, by name; of the first workload that has it. */
  readonly env: Readonly<Record<string, EnvValue>>;
  /** The system's own rules refuse a further variable of this name: Slipway sets it, or it must not be set. */
  readonly isReserved: (name: string) => boolean;
  /** `app.extraEnv` and `app.secretEnv`, where the system has them. */
  readonly extra: { readonly plain: boolean; readonly secret: boolean };
}

/** "OPENAI_API_KEY." and "TMWS_SECRET_KEY: signs the API keys.": an option that makes a variable begins its meaning with it. */
const named = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)(?:\.$|: )/;

/** A password that a store's variable carries alone, where `field` is "password". */
const passwords: Readonly<Record<"redis" | "postgres", Path>> = {
  redis: ["redis", "password"],
  postgres: ["postgres", "appPassword"],
};

/**
 * Which option each variable of a `.env` file goes to, for this system with these settings; where several workloads have it, the first one's counts.
 */
export function mappingOf(options: SystemOptions, settings: Settings, system: System): Mapping {
  const root = treeOf(rootSchema(options));
  const app = nodeAt(root, ["app"]);
  const env = Object.assign({}, ...system.workloads.map((workload) => workload.env).toReversed());
  return {
    options: new Map([...storeTargets(root, env), ...targetsBelow(app, ["app"])]),
    env,
    isReserved: (name) => isReserved(options, settings, name),
    extra: { plain: hasNames(app, "extraEnv"), secret: hasNames(app, "secretEnv") },
  };
}

function targetsBelow(node: Node, path: Path): readonly (readonly [string, Target])[] {
  switch (node.kind) {
    case "group":
      return [...node.keys].flatMap(([key, inner]) => targetsBelow(inner, [...path, key]));
    case "names":
      return [];
    case "leaf": {
      const name = named.exec(node.doc.meaning)?.[1];
      return name === undefined ? [] : [[name, { path, kind: node.doc.kind, secret: holdsSecret(node) }]];
    }
  }
}

function storeTargets(root: Node, env: Readonly<Record<string, EnvValue>>): readonly (readonly [string, Target])[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (typeof value === "string" || !("store" in value) || value.field !== "password") return [];
    const path = passwords[value.store];
    const node = nodeAt(root, path);
    return node.kind === "leaf" ? [[name, { path, kind: node.doc.kind, secret: true }] as const] : [];
  });
}

function hasNames(app: Node, key: string): boolean {
  return app.kind === "group" && app.keys.get(key)?.kind === "names";
}

/** Asks the rules that judge config, with a variable of that name put in. */
function isReserved({ rules }: SystemOptions, settings: Settings, name: string): boolean {
  const app = { ...settings.app, extraEnv: { [name]: "value" }, secretEnv: {} };
  return rules.some((rule) =>
    // `complete` made this section what the rules read; no rule changes it.
    rule
      .breaks(app as unknown as Parameters<typeof rule.breaks>[0])
      .some(([key, at]) => key === "extraEnv" && at === name),
  );
}

/** Whether a name is of the product's: it begins as one of the variables that the product has. */
export function isOfProduct(name: string, { options, env }: Mapping): boolean {
  const first = (one: string) => one.split("_")[0] ?? one;
  return name.includes("_") && [...options.keys(), ...Object.keys(env)].some((one) => first(one) === first(name));
}
