import { z } from "zod";

/** A line of `--event-log`, as far as it tells of a policy. */
const event = z.looseObject({
  policyEvent: z
    .looseObject({
      resourceUrn: z.string().optional(),
      message: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
});

/** As `pulumi preview --json` lists what was said. */
export interface Diagnostic {
  readonly urn?: string;
  readonly message: string;
  readonly severity: "error" | "warning";
}

/** What policies found, from a preview's event log: Pulumi's JSON leaves it out ("at this point in time, we don't handle policy events"). */
export function policyResults(log: string): readonly Diagnostic[] {
  const lines = log.split("\n").filter((line) => line.includes('"policyEvent"'));
  return lines.flatMap((line) => {
    const { policyEvent: found } = event.parse(JSON.parse(line));
    if (found === undefined) return [];
    const { resourceUrn: urn, enforcementLevel: level, policyName } = found;
    return {
      ...(urn !== undefined && { urn }),
      message: `policy ${policyName} (${level})${nameOf(urn)}: ${wordsOf(found.message)}`,
      severity: level === "advisory" ? ("warning" as const) : ("error" as const),
    };
  });
}

function nameOf(urn: string | undefined): string {
  const name = urn?.split("::").at(-1) ?? "";
  return name === "" ? "" : `, ${name}`;
}

/** The engine puts the policy's description before what it found. */
function wordsOf(message: string): string {
  const lines = message
    .replaceAll(/<\{%.*?%\}>/g, "")
    .trim()
    .split("\n");
  return (lines.length > 1 ? lines.slice(1) : lines).join(" ").trim();
}

/** Whether Pulumi was asked for JSON by one of the forms that it takes: then nothing else may be printed. */
export function wantsJson(args: readonly string[]): boolean {
  return args.some((word) => /^(-j|--json(=true)?)$/.test(word));
}

/** @param json what `pulumi preview --json` printed */
export function withResults(json: string, results: readonly Diagnostic[]): string {
  if (results.length === 0) return json;
  const digest = z.looseObject({ diagnostics: z.array(z.unknown()).nullish() }).parse(JSON.parse(json));
  return `${JSON.stringify({ ...digest, diagnostics: [...(digest.diagnostics ?? []), ...results] }, undefined, 4)}\n`;
}
