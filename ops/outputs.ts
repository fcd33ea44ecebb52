import { z } from "zod";

/** What `npm start` says of a stack's outputs; they have more. */
const outputs = z.object({
  url: z.string(),
  /** What the workloads embed with; empty for a system without Ollama, absent before it was an output. */
  ollama: z
    .union([z.object({ mode: z.string(), url: z.string(), model: z.string(), version: z.string() }), z.literal("")])
    .default(""),
  /** Lines that passed probes reported, by probe. */
  reports: z.record(z.string(), z.array(z.string())).default({}),
});

export type Outputs = z.output<typeof outputs>;

/** @param text what `pulumi stack output --json` prints */
export function readOutputs(text: string): Outputs {
  return outputs.parse(JSON.parse(text));
}

/** The port of an edge's address. A system without https has an address in words, and no edge. */
export function edgePort(url: string): number | undefined {
  if (!url.startsWith("https://")) return undefined;
  return Number(new URL(url).port || 443);
}

/** One paragraph with a line each; none when nothing was reported. */
export function renderReports(reports: Outputs["reports"]): readonly string[] {
  const lines = Object.entries(reports).flatMap(([probe, found]) => found.map((line) => `  ${probe}: ${line}`));
  return lines.length === 0 ? [] : [lines.join("\n")];
}
