import { isRecord } from "../components/options/path.ts";

export type Values = Readonly<Record<string, unknown>>;

/** One resource of a plan, as plain data. */
export interface Planned {
  /** `docker:index/container:Container`, `pulumi-nodejs:dynamic/slipway:steps:Rollout` */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** In clear. What only an update will know stands as `later`. */
  readonly inputs: Values;
  readonly protect: boolean;
  /** Names of the resources that an input follows from, by the input. */
  readonly follows: Readonly<Record<string, readonly string[]>>;
}

/** In the place of a value that is not known before the update; it is judged then. */
export const later = Symbol("known after the update");

/** What stands for an unknown value on its way to a policy, by the SDK's own contract. */
const unknowns: ReadonlySet<unknown> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Inputs as the SDK hands them to a policy: behind a proxy that throws at the first unknown value, which descriptors go round. */
export function plainInputs(props: object): Values {
  const raw = Object.entries(Object.getOwnPropertyDescriptors(props)).map(([key, { value }]) => [key, plain(value)]);
  return Object.fromEntries(raw);
}

function plain(value: unknown): unknown {
  if (unknowns.has(value)) return later;
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

const stepType = "pulumi-nodejs:dynamic/slipway:steps:";

/** On a Docker host; pods are no containers of a plan. */
export const isContainer = ({ type }: Planned) => type === "docker:index/container:Container";
/** On a Docker host. */
export const isVolume = ({ type }: Planned) => type === "docker:index/volume:Volume";
/** On a Docker host. */
export const isNetwork = ({ type }: Planned) => type === "docker:index/network:Network";
/** Steps are dynamic resources, whose type ends in the name that the plan shows. @param name e.g. `Rollout` */
export const isStep =
  (name: string) =>
  ({ type }: Planned) =>
    type === `${stepType}${name}`;

/** A value inside inputs; undefined where there is none, and where what is on the way to it is not known yet. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((here, key) => {
    if (typeof key === "number") return Array.isArray(here) ? here[key] : undefined;
    return isRecord(here) && Object.hasOwn(here, key) ? here[key] : undefined;
  }, value);
}

/** As `at`; empty for whatever is no list. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** As `at`; empty for whatever is no map. */
export function recordAt(value: unknown, ...path: readonly (string | number)[]): Values {
  const found = at(value, ...path);
  return isRecord(found) ? found : {};
}

/** As `at`; undefined for whatever is no text. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** As `listAt`, the texts in it alone. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): readonly string[] {
  return listAt(value, ...path).filter((each) => typeof each === "string");
}

/** As `at`; 0 for whatever is no number. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === "number" ? found : 0;
}
