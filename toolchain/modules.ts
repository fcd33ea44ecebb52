import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { succeed } from "./command.ts";
import { phase } from "./phases.ts";

interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}
interface LockFile {
  readonly packages?: Readonly<Record<string, Package>>;
}

/**
 * node_modules is what package-lock.json says, with `npm ci` when it is not. No install script runs: the packages here
 * that have one (protobufjs, ssh2, cpu-features) work without it.
 * @param alone runs the installation while no other process does; whoever waited finds nothing left to do
 * @throws Error with what npm said
 */
export async function ensureModules(
  checkout: string,
  alone: (install: () => Promise<void>) => Promise<void>,
): Promise<void> {
  if (await modulesMatch(checkout)) return;
  await alone(async () => {
    if (await modulesMatch(checkout)) return;
    await phase("installing the dependencies (npm ci)", async () => {
      await succeed("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"], { cwd: checkout });
    });
  });
}

async function modulesMatch(checkout: string): Promise<boolean> {
  const [wanted, installed] = await Promise.all([
    readFile(join(checkout, "package-lock.json"), "utf8"),
    // npm writes this file last, so an installation that was cut off has none.
    readFile(join(checkout, "node_modules", ".package-lock.json"), "utf8").catch(() => "{}"),
  ]);
  return lockFilesMatch(JSON.parse(wanted), JSON.parse(installed));
}

/** Whether npm's own record of node_modules has every package of package-lock.json that this platform needs, and no other. */
export function lockFilesMatch(wanted: LockFile, installed: LockFile): boolean {
  const { "": _root, ...packages } = wanted.packages ?? {};
  const present = installed.packages ?? {};
  return (
    Object.entries(packages).every(([path, one]) => {
      const other = present[path];
      if (other === undefined) return one.optional === true || one.devOptional === true;
      return other.version === one.version && other.integrity === one.integrity;
    }) && Object.keys(present).every((path) => path in packages)
  );
}
