import { text } from "./kinds.ts";
import { optional, section } from "./option.ts";

const reason = text((value) => value.trim().length >= 10, {
  allowed: "a reason of 10 characters or more; it is recorded with the release",
  example: "rehearsal on a small host",
  ask: "<reason>",
});

/** The look at the host before anything is made. */
export const preflightOptions = section({
  override: optional(
    "Accepts a host below the system's minimum, and says why.",
    reason,
    "none: such a host is refused outside local",
  ),
});
