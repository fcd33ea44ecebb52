import { migrationKinds } from "../migration/contract.ts";
import { ways } from "../migration/way.ts";
import { choice, integer, list, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";

const revision = text((value) => /^[0-9A-Za-z_.-]{1,64}$/.test(value), {
  allowed: "a schema revision: 1 to 64 letters, digits, _ . or -",
  example: "0002_note",
});

const definition = text((value) => /^[0-9a-f]{16}$/.test(value), {
  allowed: "the 16 hex digits that the refusal names",
  example: "0123456789abcdef",
});

/** How long the parts of a release may take, and how it goes back. */
export const rolloutOptions = section({
  readyTimeoutSeconds: withDefault(
    "Time a new release has to become ready before it is undone. A change replaces the switch, which ends open connections.",
    integer(1, 3600, "seconds", 60),
    60,
  ),
  stopGraceSeconds: withDefault(
    "Time an old process has after SIGTERM to finish its requests or tasks before it is killed.",
    integer(1, 3600, "seconds", 30),
    30,
  ),
  drainSeconds: withDefault(
    "Time that requests and streams of the old release may go on after the switch; streams are closed then.",
    integer(0, 3600, "seconds", 30),
    30,
  ),
  holdSeconds: withDefault(
    "Time that requests may wait for a stop-first release: stop, final backup, migration and probes. The new app's own start-up, from its start until it is ready, does not count (`readyTimeoutSeconds` bounds it). Longer undoes the release. A change replaces the switch, which ends open connections.",
    integer(1, 600, "seconds", 5),
    5,
  ),
  // Guide 004 watches for 30 minutes.
  bakeSeconds: withDefault(
    "Time a new release is watched under traffic before `up` succeeds; going bad undoes it. 0 is off.",
    integer(0, 1800, "seconds", 60),
    60,
  ),
  migration: withDefault(
    "Whether the release's migration only adds (expand) or takes away what no release needs any more (contract).",
    choice(migrationKinds, "contract"),
    "expand",
  ),
  soakHours: withDefault(
    "How long a release must have served before a contracting migration may follow it.",
    integer(0, 8760, "hours", 24),
    24,
  ),
  reads: optional(
    "Schema revisions, beside its own, that the released code can work with.",
    list(revision, "a list of schema revisions"),
    "none",
  ),
  back: optional(
    "How to go back to a version older than the data: code (on the schema as it is), schema (downgrade by the newer image) or data (the backup set from before).",
    choice(ways),
    "such a version is refused",
  ),
  acceptSchema: optional(
    "A database schema that was changed by hand and is to be taken as it is.",
    definition,
    "it is refused",
  ),
  retry: optional("A release that went bad and is to be tried again as it is.", definition, "it is refused"),
});
