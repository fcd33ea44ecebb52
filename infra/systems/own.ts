import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { SystemOptions } from "../config/system-options.ts";
import type { OwnSystem } from "./define.ts";

const checkout = resolve(import.meta.dirname, "../..");
const words = pathToFileURL(resolve(import.meta.dirname, "slipway.ts")).href;

export type LoadedSystem = OwnSystem & { readonly options: SystemOptions };

/** Whether `slipway:system` names a file, and not one of Slipway's systems. */
export function isSystemFile(name: string | undefined): name is string {
  return name?.includes("/") ?? false;
}

/** The user's own system when `slipway:system` is a path (seen from the checkout, or absolute); undefined for one of Slipway's. */
export async function loadOwnSystem(): Promise<LoadedSystem | undefined> {
  const name = pulumi.runtime.allConfig()["slipway:system"];
  return isSystemFile(name) ? loadSystemFile(name) : undefined;
}

/** @throws RunError in words for the user */
export async function loadSystemFile(name: string): Promise<LoadedSystem> {
  const file = resolve(checkout, name);
  if (!existsSync(file)) throw refused(name, `there is no file ${file}`);
  const loaded = await importSystem(pathToFileURL(file).href);
  if (!isSystem(loaded.default)) throw refused(name, "the file's default export is not what defineSystem answers");
  const { options, system } = loaded.default;
  return { options: { ...options, name } as SystemOptions, system };
}

/** While the file loads, `slipway` means Slipway's words: the file may lie where no package manager knows this checkout. */
async function importSystem(url: string): Promise<{ readonly default?: unknown }> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "slipway") return { url: words, format: "module-typescript", shortCircuit: true };
      const found = next(specifier, context);
      // Without a package.json beside it Node would guess the format and warn of it.
      return found.url === url ? { ...found, format: "module-typescript" } : found;
    },
  });
  try {
    return await import(url);
  } finally {
    hooks.deregister();
  }
}

function isSystem(found: unknown): found is OwnSystem {
  return found !== null && typeof found === "object" && "options" in found && "system" in found;
}

function refused(name: string, why: string): Error {
  return new pulumi.RunError(
    `slipway:system: ${JSON.stringify(name)}\n  ${why}\n  allowed: the name of a system, or the path of a file that exports one of your own (README, "A system of your own")\n  mend: pulumi config set --path slipway:system tmws`,
  );
}
