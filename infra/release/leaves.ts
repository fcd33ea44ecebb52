import { formatPath, isRecord, namespace, type Path } from "../../components/options/path.ts";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../config/settings.ts";

/** Every value of a config that is set, by its option without the namespace: `app.logLevel`. */
export function leavesOf(settings: Settings): readonly (readonly [option: string, value: unknown])[] {
  return below(settings, []);
}

function below(value: unknown, path: Path): readonly (readonly [string, unknown])[] {
  if (value === undefined) return [];
  // A secret is a value, whatever it is made of.
  if (value instanceof Secret) return [[optionAt(path), value]];
  if (Array.isArray(value)) return value.flatMap((item, at) => below(item, [...path, at]));
  if (isRecord(value)) return Object.entries(value).flatMap(([key, inner]) => below(inner, [...path, key]));
  return [[optionAt(path), value]];
}

function optionAt(path: Path): string {
  return formatPath(path).slice(namespace.length + 1);
}
