import { inUnit, known, moment, span } from "../status/words.ts";
import { tableLines } from "../table.ts";
import type { Found } from "./found.ts";
import type { Line } from "./judge.ts";

/** A report for a terminal. Pure. */
export function renderReport(
  stack: string,
  { release, spans, lines, notes, unanswered }: Found,
  hours: number,
): string {
  const worse = lines.filter(({ verdict }) => verdict === "worse").length;
  const passed = spans.seconds >= hours * 3600 ? "" : ` of ${hours} h, which have not passed yet`;
  return [
    `stack ${stack}, release ${release.id}: ${worse === 0 ? "nothing is worse" : `${worse} worse`} than before it`,
    `since ${moment(release.since)}: ${span(spans.seconds)}${passed}, against as long before`,
    "",
    ...tableLines([
      ["what", "before", "after", "", "asked for by"],
      ...lines.map((line) => [line.what, shown(line, line.before), shown(line, line.after), line.verdict, line.guide]),
    ]),
    ...lines.flatMap(({ what, details }) => details.map((detail) => `${what}: ${detail}`)),
    ...notes,
    ...unanswered.map(({ part, why }) => `${part} could not be asked: ${why.split("\n")[0]}`),
  ].join("\n");
}

function shown({ unit }: Line, value: number | null): string {
  // Prometheus reckons up to the ends of a span: counts come out as 4.01.
  return known(value, (number) => (unit === "number" ? String(Math.round(number)) : inUnit(number, unit)));
}
