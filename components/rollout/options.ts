import { integer } from "../../infra/config/kinds.ts";
import { section, withDefault } from "../../infra/config/option.ts";

/** How long a release may take before it is undone. */
export const rolloutOptions = section({
  readyTimeoutSeconds: withDefault(
    "Time a new release has to become ready before it is undone.",
    integer(1, 3600, "seconds", 60),
    60,
  ),
  stopGraceSeconds: withDefault(
    "Time the old release has to finish its requests before it is killed.",
    integer(1, 600, "seconds", 30),
    30,
  ),
});
