import { secretText } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";

const password = secretText((value) => /^[A-Za-z0-9._~-]{16,256}$/.test(value), {
  // The system gets it inside postgresql://role:PASSWORD@postgres:5432/database, where anything else would have to be escaped.
  allowed: "16 to 256 letters, digits and . _ ~ -, not all the same",
  example: "0123456789abcdef",
  generate: "openssl rand -hex 24",
});

/** PostgreSQL, private to the system's network. */
export const postgresOptions = section({
  ownerPassword: optional(
    "Password of the role that owns the database: migrations, dumps and restores.",
    password,
    "generated once per stack",
  ),
  appPassword: optional("Password of the role that the app and the workers use.", password, "generated once per stack"),
});
