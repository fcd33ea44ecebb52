import { randomBytes } from "node:crypto";
import { canonical } from "../../../components/steps/step.ts";

/** Pure parts of the double: what a resource's properties are as an object of the API, and what a change of them means. */

export interface Properties {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>> & {
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
  };
  /** What the object was made from, secrets marked. */
  readonly __inputs?: Properties;
  readonly [property: string]: unknown;
}

const mark = { key: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" };

/** Pulumi's mark of a secret taken off: the API server gets the value. */
export function clear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clear);
  if (value === null || typeof value !== "object") return value;
  const bag = new Map(Object.entries(value));
  if (bag.get(mark.key) === mark.secret) return clear(bag.get("value"));
  return Object.fromEntries([...bag].map(([name, each]) => [name, clear(each)]));
}

/** `urn:...::kubernetes:apps/v1:Deployment::app`: the object, with a name of its own where the program gives none. */
export function documentOf(urn: string, inputs: Properties, before?: Properties): Properties {
  const [, , type = "", name = ""] = urn.split("::");
  const [, group = "", kind = ""] = (type.split("$").at(-1) ?? "").split(":");
  const { __inputs: _, ...rest } = clear(inputs) as Properties;
  const own = rest.metadata?.name ?? before?.metadata?.name ?? `${name}-${randomBytes(4).toString("hex")}`;
  // The core group has a name in Pulumi's types alone.
  return { ...rest, apiVersion: group.replace(/^core\//, ""), kind, metadata: { ...rest.metadata, name: own } };
}

export function changesOf(olds: Properties, news: Properties): readonly string[] {
  const before = olds.__inputs ?? {};
  const names = new Set([...Object.keys(before), ...Object.keys(news)]);
  return [...names].filter(
    (name) => name !== "__inputs" && canonical(clear(before[name])) !== canonical(clear(news[name])),
  );
}

/** Contents of an immutable map or Secret, and what a name or namespace says: another object. */
export function replaces(urn: string, olds: Properties, news: Properties, changed: readonly string[]): string[] {
  const content = /:(ConfigMap|Secret)::/.test(urn) ? ["data", "stringData", "immutable"] : [];
  const place = (["name", "namespace"] as const).some((key) => olds.__inputs?.metadata?.[key] !== news.metadata?.[key]);
  return changed.filter((name) => content.includes(name) || (name === "metadata" && place));
}

/** What a live object says of all that the program said of it, in the same shape, secrets marked as before; fields that others fill in are not looked at. */
export function seenIn(inputs: Properties, live: Properties): Properties {
  const decoded = Object.entries((live["data"] as Record<string, string> | undefined) ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, "base64").toString()] as const,
  );
  // Written in clear, and read as data alone.
  const readable = inputs["stringData"] === undefined ? live : { ...live, stringData: Object.fromEntries(decoded) };
  return seen(inputs, readable) as Properties;
}

function seen(said: unknown, live: unknown): unknown {
  if (live === undefined) return isEmpty(said) ? said : undefined;
  if (Array.isArray(said) && Array.isArray(live))
    return live.map((each, place) => (place < said.length ? seen(said[place], each) : each));
  if (!isBag(said) || Array.isArray(said)) return live;
  const bag = new Map(Object.entries(said));
  if (bag.get(mark.key) === mark.secret) {
    const now = seen(bag.get("value"), live);
    return canonical(clear(said)) === canonical(now) ? said : { [mark.key]: mark.secret, value: now };
  }
  const found = new Map(Object.entries(isBag(live) ? live : {}));
  const both = [...bag].map(([name, value]) => [name, seen(value, found.get(name))] as const);
  return Object.fromEntries(both.filter(([, value]) => value !== undefined));
}

function isBag(value: unknown): value is object {
  return value !== null && typeof value === "object";
}

/** The API server drops it. */
function isEmpty(value: unknown): boolean {
  return isBag(value) && Object.keys(value).length === 0;
}
