import { copyFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import { edgeToShare } from "../../components/edge/share.ts";
import { formatPath, valueAt } from "../../components/options/path.ts";
import { dockerRunner } from "../../components/steps/docker-runner.ts";
import { readSettings } from "../../infra/config/read.ts";
import type { Settings } from "../../infra/config/settings.ts";
import type { RawConfig } from "../../infra/config/source.ts";
import type { SystemOptions } from "../../infra/config/system-options.ts";
import { systemNamed, systemOf } from "../../infra/systems/index.ts";
import { isSystemFile, loadSystemFile } from "../../infra/systems/own.ts";
import type { Prepared } from "../../toolchain/prepare.ts";
import { askPulumi, type PulumiContext } from "../pulumi.ts";
import { stackExists } from "../stack.ts";
import { stackFile, withValue } from "../stack-file.ts";
import { defaultsOf } from "../systems.ts";
import { rawConfigOf, rawConfigOfFile, treeOfConfig } from "./config.ts";
import { type Mapping, mappingOf } from "./mapping.ts";
import type { Entry } from "./plan.ts";

/** A stack's config and what follows from it, without a running part. */
export interface StackConfig {
  readonly raw: RawConfig;
  readonly options: SystemOptions;
  readonly reading: ReturnType<typeof readSettings>;
  readonly system: ReturnType<typeof systemOf>;
  /** The system that other settings of the same stack make. */
  readonly systemOf: (settings: Settings) => ReturnType<typeof systemOf>;
  readonly mapping: Mapping;
}

/** @param text of the stack's file, which need not be written yet */
export async function readStackConfig(prepared: Prepared, context: PulumiContext, text: string): Promise<StackConfig> {
  const bare = (await stackExists(context))
    ? rawConfigOf(context.stack, await askPulumi(context, ["config", "--show-secrets", "--json"]), text)
    : rawConfigOfFile(context.stack, text);
  const tree = treeOfConfig(bare);
  const name = valueAt(tree, ["system"]);
  const own = typeof name === "string" && isSystemFile(name) ? await loadSystemFile(name) : undefined;
  const owner = valueAt(tree, ["edge", "share"]);
  const shared =
    typeof owner === "string"
      ? edgeToShare(context.stack, owner, await dockerRunner(prepared.dockerHost).list({}))
      : undefined;
  const raw: RawConfig = { ...bare, ...(own && { own: own.options }), ...(shared && { shared }) };
  const options = systemNamed(name, own?.options);
  const reading = readSettings(raw);
  // Of a config that is still refused the mapping is the same: it follows from the system.
  const settings = "settings" in reading ? reading.settings : defaultsOf(options);
  const make = own === undefined ? systemOf : own.system;
  const system = make(settings);
  return { raw, options, reading, system, systemOf: make, mapping: mappingOf(options, settings, system) };
}

/**
 * Writes the entries into the stack's file, all or none: into a copy, which takes the file's place at the end. Secrets reach Pulumi by a pipe and
 * are encrypted by it, each on its own; never on a command line.
 */
export async function writeEntries(context: PulumiContext, entries: readonly Entry[]): Promise<void> {
  const file = stackFile(context.stack);
  const draft = `${file.replace(/\.yaml$/, "")}.${process.pid}.import.yaml`;
  await copyFile(file, draft);
  try {
    const text = entries
      .filter(({ secret }) => !secret)
      .reduce((written, { path, value }) => withValue(written, path.map(String), value), await readFile(draft, "utf8"));
    await writeFile(draft, text);
    for (const { path, value } of entries.filter(({ secret }) => secret)) {
      const set = ["config", "set", "--path", formatPath(path), "--secret", "--config-file", draft];
      // Pulumi takes one line feed off the end.
      await askPulumi(context, set, `${String(value)}\n`);
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
