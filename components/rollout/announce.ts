import { send } from "../announce/send.ts";
import { announcement, type ReleaseEvent } from "../announce/spec.ts";
import type { Place } from "../container/spec.ts";

export interface Announcer {
  readonly place: Place;
  readonly environment: string;
  readonly version: string;
  /** Empty when nobody is to be told. */
  readonly webhook: string;
  /** What is to be known beside the release, e.g. why it came outside of its window. @default nothing */
  readonly note?: string;
}

/** Tells the webhook; answers a warning when it cannot be told. */
export async function announce(
  { place, environment, version, webhook, note }: Announcer,
  event: Pick<ReleaseEvent, "event" | "release" | "image" | "schema" | "seconds" | "why">,
): Promise<readonly string[]> {
  if (webhook === "") return [];
  const about = { ...place, environment, version, ...(note !== undefined && { note }) };
  const body = announcement({ ...event, ...about, at: new Date().toISOString() });
  const problem = await send(webhook, body);
  return problem === undefined ? [] : [problem];
}
