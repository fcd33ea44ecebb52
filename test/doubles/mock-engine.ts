import * as pulumi from "@pulumi/pulumi";
import type { MockCallArgs, MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";

/** One resource as the program registered it, options included. */
export interface Registered {
  readonly urn: string;
  /** `type::name` with the types of all parents, as in the URN of a real engine; the mocks' own URN has the nearest only. */
  readonly qualified: string;
  readonly type: string;
  readonly name: string;
  /** In clear; which of them are secret says `secrets`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Names of inputs that are secret or hold one. */
  readonly secrets: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly protect: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly replaceOnChanges: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** URNs, those that follow from inputs too. */
  readonly dependencies: readonly string[];
  /** The same by the input that they follow from. */
  readonly follows: Readonly<Record<string, readonly string[]>>;
  readonly parent: string;
}

/** What the real steps and providers would answer, as far as the program goes on with it. */
const answers: Readonly<Record<string, Record<string, unknown>>> = {
  "docker:index/network:Network": { ipamConfigs: [{ gateway: "172.30.0.1" }] },
  "random:index/randomPassword:RandomPassword": { result: pulumi.secret("a-generated-password") },
  "pulumi-nodejs:dynamic/slipway:steps:Model": { digest: "the-digest", megabytes: 9, version: "0.9.0" },
  "pulumi-nodejs:dynamic/slipway:steps:Files": { written: "0123456789abcdef" },
  "pulumi-nodejs:dynamic/slipway:steps:Authority": { certificate: "the-ca", key: pulumi.secret("the-ca-key") },
  "pulumi-nodejs:dynamic/slipway:steps:Certificate": {
    certificate: "the-chain",
    key: pulumi.secret("the-server-key"),
    fingerprint: "AA:BB",
  },
  "pulumi-nodejs:dynamic/slipway:steps:BackupPoint": { set: "20260101T000000Z-backup-point", kilobytes: 12 },
  "pulumi-nodejs:dynamic/slipway:steps:Migration": {
    target: "20251124_v2_license",
    rehearsed: "nothing to migrate",
    rehearsalSeconds: 0.1,
    findings: [],
  },
  "pulumi-nodejs:dynamic/slipway:steps:Rollout": {
    release: "r1",
    migrated: "nothing to migrate",
    heldSeconds: 0,
    warnings: [],
  },
  "pulumi-nodejs:dynamic/slipway:steps:SmokeTest": { proved: [], provedRelease: "r1" },
  "pulumi-nodejs:dynamic/slipway:steps:ProofKey": {
    publicKey: "the-public-key",
    privateKey: pulumi.secret("the-private-key"),
  },
  "pulumi-nodejs:dynamic/slipway:steps:Proof": { proof: { none: "the mocks prove nothing" } },
};

/** The mark by which Pulumi's wire format tells a secret. */
const mark = { key: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" };

interface Wire {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getDeletebeforereplace(): boolean;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): {
    forEach(each: (value: { getUrnsList(): string[] }, input: string) => void): void;
  };
  getReplaceonchangesList(): string[];
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

type Done = (error: unknown, response: { getUrn(): string } | undefined) => void;

export function mocksOf(answered: Readonly<Record<string, Record<string, unknown>>>) {
  return {
    newResource: ({ type, name, inputs }: MockResourceArgs) => ({
      id: `${name}-id`,
      state: { ...inputs, ...answers[type], ...answered[type] },
    }),
    call: ({ token }: MockCallArgs) => {
      throw new Error(`the program called ${token}: nothing below infra/config may ask a provider`);
    },
  };
}

/**
 * Runs a program on Pulumi's own mocks and answers what it registered. It stands for an engine that has no state and accepts everything:
 * it neither diffs nor replaces, and no step or provider runs.
 */
export async function register(
  program: () => void,
  stack = "local",
  answered: Readonly<Record<string, Record<string, unknown>>> = {},
): Promise<readonly Registered[]> {
  await pulumi.runtime.setMocks(mocksOf(answered), "slipway", stack);
  const found: Registered[] = [];
  listen((wire, urn) => found.push(read(wire, urn)));
  program();
  await pulumi.runtime.disconnect();
  const byUrn = new Map(found.map((each) => [each.urn, each]));
  return found
    .map((each) => ({ ...each, qualified: `${types(each, byUrn).join("$")}::${each.name}` }))
    .sort((a, b) => (a.qualified < b.qualified ? -1 : 1));
}

function types(each: Registered, byUrn: ReadonlyMap<string, Registered>): readonly string[] {
  const parent = byUrn.get(each.parent);
  return parent === undefined ? [each.type] : [...types(parent, byUrn), each.type];
}

function listen(heard: (wire: Wire, urn: string) => void): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource(wire: Wire, done: Done): unknown };
  const original = monitor.registerResource.bind(monitor);
  monitor.registerResource = (wire, done) =>
    original(wire, (error, response) => {
      if (response !== undefined) heard(wire, response.getUrn());
      done(error, response);
    });
}

function read(wire: Wire, urn: string): Registered {
  const raw = wire.getObject()?.toJavaScript() ?? {};
  const { __provider: _, ...inputs } = raw;
  return {
    urn,
    qualified: "",
    type: wire.getType(),
    name: wire.getName(),
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, clear(value)])),
    secrets: Object.keys(inputs).filter((name) => JSON.stringify(inputs[name]).includes(mark.secret)),
    additionalSecretOutputs: wire.getAdditionalsecretoutputsList(),
    protect: wire.getProtect(),
    deleteBeforeReplace: wire.getDeletebeforereplace(),
    replaceOnChanges: wire.getReplaceonchangesList(),
    ignoreChanges: wire.getIgnorechangesList(),
    dependencies: wire.getDependenciesList(),
    follows: followed(wire),
    parent: wire.getParent(),
  };
}

function clear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clear);
  if (value === null || typeof value !== "object") return value;
  const bag = new Map(Object.entries(value));
  if (bag.get(mark.key) === mark.secret) return clear(bag.get("value"));
  return Object.fromEntries([...bag].map(([name, each]) => [name, clear(each)]));
}

function followed(wire: Wire): Registered["follows"] {
  const found: [string, readonly string[]][] = [];
  wire.getPropertydependenciesMap().forEach((value, input) => {
    found.push([input, value.getUrnsList()]);
  });
  return Object.fromEntries(found);
}
