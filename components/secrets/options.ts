import { integer, text } from "../options/kinds.ts";
import { mapOf, required, section } from "../options/option.ts";

/** A secret's key in `secrets.rotate`: of the system, or a store's. */
const secretName = text((value) => /^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(value), {
  allowed: "redis, postgres, or a generated secret of the system, such as secretKey",
  example: "redis",
});

/** How generated secrets are changed. */
export const secretsOptions = section({
  rotate: mapOf(
    "Generation of a generated secret.",
    secretName,
    required(
      "The next number makes a new one and releases it; it rises by one: an older one is kept and not taken again.",
      integer(0, 100, "", 1),
    ),
  ),
});
