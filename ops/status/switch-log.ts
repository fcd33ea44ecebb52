import type Docker from "dockerode";
import { oldestLine, readLog } from "../logs/read.ts";
import { goldenOf, hourMs, type Metered } from "./golden.ts";
import type { Golden } from "./report.ts";
import { requestIn } from "./requests.ts";

/** A busy switch writes some 200 bytes for a request: what is read of it stays below 20 MB. */
const mostLines = 100_000;

/** A switch says its first words within a second of its creation; on a busy machine later. */
const firstWordsMs = 30_000;

/** The last hour of the switch's log; with what Prometheus knows it becomes the golden signals. */
export async function lookAtSwitch(
  engine: Docker,
  { Id: id, Created }: Pick<Docker.ContainerInfo, "Id" | "Created">,
  now: Date,
): Promise<{ golden(metered: Metered): Golden }> {
  const until = now.getTime();
  const [lines, oldest] = await Promise.all([
    readLog(engine, id, { since: until - hourMs, tail: mostLines }),
    oldestLine(engine, id),
  ]);
  const [first] = lines;
  const cut = lines.length === mostLines && first !== undefined;
  const from = cut ? Date.parse(first.at) : (oldest ?? until);
  const whole = !cut && from - Created * 1000 < firstWordsMs;
  const requests = lines.flatMap(({ at, text }) => requestIn(text, Date.parse(at)) ?? []);
  return { golden: (metered) => goldenOf(requests, metered, until, { from, whole }) };
}
