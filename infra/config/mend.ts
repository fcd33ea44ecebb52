import type { Kind } from "../../components/options/option.ts";
import { formatPath, namespace, type Path } from "../../components/options/path.ts";

/** What to do to the config, as data; rules state it, `renderMend` makes the commands. */
export type Mend =
  | { readonly do: "set"; readonly path: Path; readonly kind: Kind<unknown>; readonly value?: unknown }
  | { readonly do: "remove"; readonly path: Path }
  | { readonly do: "run"; readonly command: string };

/** One shell line that mends the stack's config. */
export function renderMend(mends: readonly Mend[], stack: string): string {
  return mends.map((mend) => renderOne(mend, shellWord(stack))).join(" && ");
}

function renderOne(mend: Mend, stack: string): string {
  switch (mend.do) {
    case "remove":
      return `pulumi config rm ${keyWord(mend.path)} --stack ${stack}`;
    case "run":
      return `${mend.command} -- --stack ${stack}`;
    case "set":
      return renderSet(mend, stack);
  }
}

function renderSet({ path, kind, value }: Extract<Mend, { do: "set" }>, stack: string): string {
  if (kind.item !== undefined && value === undefined)
    return renderSet({ do: "set", path: [...path, 0], kind: kind.item }, stack);
  if (kind.secret) {
    const command = `pulumi config set ${keyWord(path)} --secret --stack ${stack}`;
    return kind.generate === undefined ? command : `${kind.generate} | ${command}`;
  }
  return `pulumi config set ${keyWord(path)} ${shellWord(String(value ?? kind.ask ?? kind.example))} --stack ${stack}`;
}

/** A key of the first level goes without --path, which would turn its text into a number or a boolean. */
function keyWord(path: Path): string {
  return path.length === 1
    ? shellWord(`${namespace}:${path[0]}`)
    : `--path '${formatPath(path).replaceAll("'", "'\\''")}'`;
}

/** Quoted for a POSIX shell where it needs to be. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
