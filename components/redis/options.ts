import { flag, secretText } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";

const password = secretText((value) => /^[A-Za-z0-9._~-]{16,256}$/.test(value), {
  // The app gets it inside redis://:PASSWORD@redis:6379/0, where anything else would have to be escaped.
  allowed: "16 to 256 letters, digits and . _ ~ -, not all the same",
  example: "0123456789abcdef",
  generate: "openssl rand -hex 24",
});

/** Redis, private to the system's network. */
export const redisOptions = section({
  enabled: withDefault("Whether Redis runs beside the app.", flag, true),
  password: optional("Password of Redis.", password, "generated once per stack"),
});
