import { send } from "../announce/send.ts";
import { announcement, type ReleaseEvent } from "../announce/spec.ts";
import type { Place } from "../container/spec.ts";

export interface Announcer {
  readonly place: Place;
  readonly environment: string;
  readonly version: string;
  /** Empty when nobody is to be told. */
  readonly webhook: string;
}

/** Tells the webhook; answers a warning when it cannot be told. */
export async function announce(
  { place, environment, version, webhook }: Announcer,
  event: Pick<ReleaseEvent, "event" | "release" | "image" | "schema" | "seconds" | "why">,
): Promise<readonly string[]> {
  if (webhook === "") return [];
  const body = announcement({ ...event, ...place, environment, version, at: new Date().toISOString() });
  const problem = await send(webhook, body);
  return problem === undefined ? [] : [problem];
}
