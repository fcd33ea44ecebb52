import { reason, text } from "../../components/options/kinds.ts";
import { optional, section } from "../../components/options/option.ts";

const why = reason("rehearsal on a small host", "; it is recorded in the stack's output `preflight`");

const owner = text((value) => /^\S{1,512}$/.test(value), {
  allowed: "the state's address, as the refusal names it",
  example: "s3://states",
  ask: "<address>",
});

/** The look at the host before anything is made. */
export const preflightOptions = section({
  override: optional(
    "Accepts a host below the system's minimum, and says why.",
    why,
    "none: such a host is refused outside local",
  ),
  takeOver: optional(
    "The Pulumi state that a stack on this host belonged to, when this one is to take it over.",
    owner,
    "none: a stack of another state is refused",
  ),
});
