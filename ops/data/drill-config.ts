import { createHash } from "node:crypto";
import { parseDocument } from "yaml";
import { isRecord, type Path } from "../../components/options/path.ts";
import { configOfStackFile } from "../../infra/config/stack-file.ts";
import { newStackFile } from "../stack-file.ts";

/** Says of a stack's file that it may be removed with all that the stack is. */
export const drillMark = "# Made by `npm run drill`, and removed by it.\n";

/** The throw-away stack of a stack: always the same, so that a drill that was cut off is tidied up by the next. */
export function drillName(stack: string): string {
  if (stack.length <= 25) return `drill-${stack}`;
  return `drill-${stack.slice(0, 20)}-${createHash("sha256").update(stack).digest("hex").slice(0, 4)}`;
}

/** The Docker host that a stack's file names; undefined for this machine's. */
export function hostOf(text: string): string | undefined {
  const host = configOfStackFile(text)["slipway:host"];
  return typeof host === "string" ? host : undefined;
}

export interface DrillConfig {
  readonly text: string;
  /** Where the stack has secrets: they are encrypted with its own key, and have to be given anew. */
  readonly secrets: readonly Path[];
}

/** The config of the copy: what would reach beyond it, or wait for users, is replaced. */
export function drillConfig(
  text: string,
  { port, domain, generation }: { readonly port: number; readonly domain: string; readonly generation: number },
): DrillConfig {
  const document = parseDocument(newStackFile(text));
  document.setIn(["config", "slipway:environment"], "local");
  // Nobody but the smoke test asks it, by a certificate of its own CA.
  document.setIn(["config", "slipway:edge"], { domain, httpsPort: port, httpPort: 0, tls: { mode: "internal" } });
  document.setIn(["config", "slipway:data"], { generation });
  for (const section of ["tcp", "firewall", "announce", "alerts", "watch", "offsite", "preflight"])
    document.deleteIn(["config", `slipway:${section}`]);
  // Nobody wants a moment of it.
  const continuous = ["config", "slipway:backup", "continuous"];
  if (document.hasIn(continuous)) document.deleteIn(continuous);
  const remote = ["config", "slipway:prometheus", "remoteWrite"];
  if (document.hasIn(remote)) document.deleteIn(remote);
  // Nobody is released to: no hour is the wrong one.
  const window = ["config", "slipway:promotion", "window"];
  // yaml throws where the section itself is not there.
  if (document.hasIn(window)) document.deleteIn(window);
  document.setIn(["config", "slipway:rollout", "bakeSeconds"], 0);
  for (const key of ["back", "retry", "reads"]) document.deleteIn(["config", "slipway:rollout", key]);
  const secrets = securePaths(configOfStackFile(document.toString()));
  for (const [section, ...rest] of secrets) document.deleteIn(["config", `slipway:${String(section)}`, ...rest]);
  return { text: `${drillMark}${document.toString({ lineWidth: 0 })}`, secrets };
}

function securePaths(config: Readonly<Record<string, unknown>>): readonly Path[] {
  const ours = Object.entries(config).filter(([key]) => key.startsWith("slipway:"));
  return ours.flatMap(([key, value]) => secureBelow(value, [key.slice("slipway:".length)]));
}

function secureBelow(value: unknown, path: Path): readonly Path[] {
  if (!isRecord(value)) return [];
  if ("secure" in value) return [path];
  return Object.entries(value).flatMap(([name, each]) => secureBelow(each, [...path, name]));
}
