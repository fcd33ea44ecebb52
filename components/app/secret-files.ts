/**
 * Secrets as files, for a product that reads files. The container begins with a shell that writes each into memory (`/run/secrets`, mode 0400, the
 * workload's user), forgets the variable that brought it, and becomes the workload. So all that holds of secret variables holds of files: a changed one is
 * a release, replicas of the release before keep theirs through restart and way back, every message has it replaced.
 */

export const secretFilesPath = "/run/secrets";

/** What of a workload says which files it gets. */
interface WithFiles {
  readonly name: string;
  readonly command?: readonly string[];
  readonly tmpfs: readonly string[];
  readonly secretFiles?: Readonly<Record<string, unknown>>;
}

/** Variable and file name, in a fixed order. */
export function fileVariables({
  secretFiles = {},
}: Pick<WithFiles, "secretFiles">): readonly (readonly [string, string])[] {
  return Object.keys(secretFiles)
    .sort()
    .map((file, index) => [`SLIPWAY_FILE_${index}`, file]);
}

/** In place of the image's entrypoint; nothing for a workload without such files. */
export function filesEntrypoint(workload: WithFiles): { readonly entrypoint?: readonly string[] } {
  const variables = fileVariables(workload);
  return variables.length === 0 ? {} : { entrypoint: ["sh", "-c", writes(variables, secretFilesPath), "secret-files"] };
}

/** The workload's folders in memory, with one for its secret files when it has any: no secret reaches a disk. */
export function filesTmpfs(workload: WithFiles): readonly string[] {
  return fileVariables(workload).length === 0 ? workload.tmpfs : [...workload.tmpfs, secretFilesPath];
}

/** A pod's memory outlives a restart of its container: what is there may be replaced, and not written to. */
export function writes(variables: readonly (readonly [string, string])[], folder: string): string {
  const each = variables.map(
    ([variable, file]) =>
      `(umask 377; rm -f ${folder}/${file}; printf %s "$${variable}" >${folder}/${file}) && unset ${variable}`,
  );
  return [...each, 'exec "$@"'].join(" && ");
}

/** @throws Error for a workload whose files could never be written: to be called before anything is made */
export function assertFiles(workload: WithFiles): void {
  const { name, command, secretFiles = {} } = workload;
  for (const file of Object.keys(secretFiles))
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(file))
      throw new Error(
        `secret file ${JSON.stringify(file)} of workload ${name}: allowed are letters, digits, dots, - and _, not beginning with a dot or -; it lies in ${secretFilesPath}`,
      );
  if (Object.keys(secretFiles).length > 0 && (command === undefined || command.length === 0))
    throw new Error(
      `workload ${name} has secretFiles and no command: the files are written before it, in place of the image's entrypoint. Say its whole command, entrypoint included`,
    );
}
