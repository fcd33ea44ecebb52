import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { environmentOf } from "../components/options/environment.ts";
import { isRecord } from "../components/options/path.ts";
import { policyNames } from "../policy/all.ts";
import { cacheRoot } from "../toolchain/cache.ts";
import type { Prepared } from "../toolchain/prepare.ts";
import { readStackFile, valueAt } from "./stack-file.ts";

/** How a stack's plans are judged. */
export interface Judging {
  readonly mode: "on" | "advisory" | "off";
  /** Policies that are told and do not fail. */
  readonly except: readonly string[];
}

/**
 * What the stack's file says, else by its environment: staging and production are judged. What the file says wrongly is the program's to refuse,
 * in its own words; until then the plan is judged.
 * @param text the stack's file
 */
export function judgingOf(stack: string, text: string): Judging {
  const said = valueAt(text, ["policies", "mode"]);
  const usual = environmentOf(valueAt(text, ["environment"]), stack) === "local" ? "off" : "on";
  const reasons: unknown = parsed(valueAt(text, ["policies", "except"]));
  return {
    mode: said === "on" || said === "advisory" || said === "off" ? said : usual,
    except: isRecord(reasons) ? Object.keys(reasons).filter((name) => policyNames.includes(name)) : [],
  };
}

/** The yaml package's maps as plain ones. */
function parsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

/** Levels other than the pack's own, as `--policy-pack-config` wants them; undefined when there are none. */
export function levelsOf({ mode, except }: Judging): Readonly<Record<string, string>> | undefined {
  if (mode === "advisory") return { all: "advisory" };
  return except.length === 0 ? undefined : Object.fromEntries(except.map((name) => [name, "advisory"]));
}

/** What makes `pulumi preview` and `pulumi up` judge this stack's plan; empty where it is not judged. */
export async function judgingArguments(
  { policyPack }: Pick<Prepared, "policyPack">,
  stack: string,
): Promise<readonly string[]> {
  const judging = judgingOf(stack, (await readStackFile(stack)) ?? "");
  if (judging.mode === "off") return [];
  const levels = levelsOf(judging);
  return [
    "--policy-pack",
    policyPack,
    ...(levels === undefined ? [] : ["--policy-pack-config", await written(levels)]),
  ];
}

/** Named by its content: two commands at once write the same. */
async function written(levels: Readonly<Record<string, string>>): Promise<string> {
  const content = JSON.stringify(levels);
  const folder = join(cacheRoot(), "policies");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${createHash("sha256").update(content).digest("hex").slice(0, 16)}.json`);
  await writeFile(file, content);
  return file;
}
