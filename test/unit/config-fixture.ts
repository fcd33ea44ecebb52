import { isRecord, type Path, withValueAt } from "../../components/options/path.ts";
import type { Problem } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import type { RawConfig } from "../../infra/config/source.ts";

export type Tree = Readonly<Record<string, unknown>>;

/** A value given with --secret, as it stands in a stack's file (there encrypted). */
export function secure(plain: string): { readonly secure: string } {
  return { secure: plain };
}

export const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
export const hexKey = "00112233445566778899aabbccddeeff".repeat(2);

/** A good config of each environment, by first-level key. */
export const good = {
  local: {
    images: "debian",
    image: { build: { context: "test/workloads/tmws" } },
    edge: { domain: "tmws.localhost" },
  },
  staging: {
    images: "official",
    image: { build: { context: "../tmws", target: "runtime", args: { VERSION: "2.4.0" } }, commit: "0a1b2c3" },
    edge: { domain: "tmws.staging.acme.dev", tls: { mode: "internal" } },
  },
  production: {
    images: "official",
    image: { ref: `ghcr.io/acme/tmws:2.4.0@${digest}` },
    edge: { domain: "tmws.acme.dev", tls: { email: "ops@acme.dev" } },
  },
} as const;

export type GoodStack = keyof typeof good;

/** The good config with values put in or, by undefined, taken out; `edge.tls.mode` is a path. */
export function changed(stack: GoodStack, changes: Readonly<Record<string, unknown>>): Tree {
  const whole = Object.entries(changes).reduce<unknown>(
    (tree, [path, value]) => withValueAt(tree, steps(path), value),
    good[stack],
  );
  return isRecord(whole) ? whole : {};
}

function steps(path: string): Path {
  return path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** What Pulumi makes of a stack's file: decrypted, objects as JSON, and the keys that hold a secret. */
export function rawOf(stack: string, config: Tree, namespace = "slipway:"): RawConfig {
  const keyed = Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [`${namespace}${key}`, value] as const);
  return {
    project: "slipway",
    stack,
    values: Object.fromEntries(keyed.map(([key, value]) => [key, textOf(decrypted(value))])),
    secretKeys: new Set(keyed.filter(([, value]) => JSON.stringify(value).includes('"secure":')).map(([key]) => key)),
    fileValues: Object.fromEntries(keyed),
  };
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function decrypted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decrypted);
  if (!isRecord(value)) return value;
  if (typeof value["secure"] === "string") return value["secure"];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decrypted(inner)]));
}

export function problemsOf(raw: RawConfig): readonly Problem[] {
  const reading = readSettings(raw);
  return "problems" in reading ? reading.problems : [];
}

/** The problem of one path, with `set VALUE` for the command that sets it. */
export function expected(stack: string, path: string, value: string, allowed: string, mend: string): Problem {
  const key = /^[a-zA-Z]+$/.test(path) ? `slipway:${path}` : `--path 'slipway:${path}'`;
  const own = mend.replace(/^(.*?)set (\S+|'.*')$/, `$1pulumi config set ${key} $2 --stack ${stack}`);
  return {
    path: `slipway:${path}`,
    value,
    allowed,
    mend: mend === "rm" ? `pulumi config rm ${key} --stack ${stack}` : own,
  };
}
