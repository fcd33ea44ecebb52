import { formatPath, isRecord, namespace, type Path } from "../../components/options/path.ts";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../config/settings.ts";

/** The secrets of a config by option: `app.secretEnv.VENDOR_KEY`. */
export function givenSecrets(settings: Settings): Readonly<Record<string, string>> {
  return Object.fromEntries(found(settings, []));
}

function found(value: unknown, path: Path): readonly (readonly [string, string])[] {
  if (value instanceof Secret) return [[formatPath(path).slice(namespace.length + 1), value.secret]];
  if (Array.isArray(value)) return value.flatMap((item, at) => found(item, [...path, at]));
  return isRecord(value) ? Object.entries(value).flatMap(([key, inner]) => found(inner, [...path, key])) : [];
}
