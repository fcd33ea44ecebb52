import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { FoundEdge } from "../../components/edge/share.ts";
import { withHostToCome } from "./host-to-come.ts";
import { type Problem, renderProblems } from "./problem.ts";
import { readSettings } from "./read.ts";
import { lookUpHere } from "./reference.ts";
import type { Settings } from "./settings.ts";
import { configOfStackFile } from "./stack-file.ts";
import type { SystemOptions } from "./system-options.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** A refused config. A RunError, because Pulumi prints its text alone, without a stack trace. */
export class ConfigError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(renderProblems(problems));
    this.problems = problems;
  }
}

/**
 * The config of the stack that the engine runs, checked.
 * @throws ConfigError with every problem, before any resource is made
 */
export function loadSettings(own?: SystemOptions, shared?: FoundEdge): Settings {
  return load(pulumi.runtime.allConfig(), own, shared);
}

/**
 * The same config for the program that makes the host: complete but for what only the host can tell.
 * @throws ConfigError with every problem, before any resource is made
 */
export function loadHostSettings(own?: SystemOptions): Settings {
  return load(withHostToCome(pulumi.runtime.allConfig(), pulumi.getStack()), own);
}

function load(values: Readonly<Record<string, string>>, own?: SystemOptions, shared?: FoundEdge): Settings {
  const stack = pulumi.getStack();
  const fileValues = readStackFile(stack);
  const reading = readSettings({
    project: pulumi.getProject(),
    stack,
    values,
    secretKeys: new Set(Object.keys(values).filter(isSecretKey)),
    lookUp: lookUpHere(process.env),
    ...(fileValues && { fileValues }),
    ...(own && { own }),
    ...(shared && { shared }),
  });
  if ("problems" in reading) throw new ConfigError(reading.problems);
  return reading.settings;
}

/** Pulumi tells of a whole first-level key that it holds a secret; its stack file tells which of the values in it are in clear. */
function readStackFile(stack: string): Readonly<Record<string, unknown>> | undefined {
  const path = resolve(checkout, `Pulumi.${stack}.yaml`);
  return existsSync(path) ? configOfStackFile(readFileSync(path, "utf8")) : undefined;
}

/** The SDK exports this function without declaring it; without it no secret could be told from a plain value, so its loss is an error. */
function isSecretKey(key: string): boolean {
  const ask: unknown = Reflect.get(pulumi.runtime, "isConfigSecret");
  if (typeof ask !== "function")
    throw new Error("this @pulumi/pulumi has no runtime.isConfigSecret; install the version of package-lock.json");
  return ask(key) === true;
}
