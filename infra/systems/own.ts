import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { SystemOptions } from "../config/systems.ts";
import type { OwnSystem } from "./define.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** The user's own system when `slipway:system` is a path (seen from the checkout, or absolute); undefined for one of Slipway's. */
export async function loadOwnSystem(): Promise<(OwnSystem & { readonly options: SystemOptions }) | undefined> {
  const name = pulumi.runtime.allConfig()["slipway:system"];
  if (name === undefined || !name.includes("/")) return undefined;
  const file = resolve(checkout, name);
  if (!existsSync(file)) throw refused(name, `there is no file ${file}`);
  const loaded: { readonly default?: unknown } = await import(pathToFileURL(file).href);
  if (!isSystem(loaded.default)) throw refused(name, "the file's default export is not what defineSystem answers");
  const { options, system } = loaded.default;
  return { options: { ...options, name } as SystemOptions, system };
}

function isSystem(found: unknown): found is OwnSystem {
  return found !== null && typeof found === "object" && "options" in found && "system" in found;
}

function refused(name: string, why: string): Error {
  return new pulumi.RunError(
    `slipway:system: ${JSON.stringify(name)}\n  ${why}\n  allowed: the name of a system, or the path of a file that exports one of your own (README, "A system of your own")\n  mend: pulumi config set --path slipway:system tmws`,
  );
}
