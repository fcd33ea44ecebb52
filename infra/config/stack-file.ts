import { parse } from "yaml";
import { isRecord } from "../../components/options/path.ts";

/** The `config` map of a stack's file (Pulumi.<stack>.yaml), encrypted values as `{ secure: ... }`; empty when it has none. */
export function configOfStackFile(text: string): Readonly<Record<string, unknown>> {
  const file: unknown = parse(text);
  return isRecord(file) && isRecord(file["config"]) ? file["config"] : {};
}
