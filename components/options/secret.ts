import { inspect } from "node:util";

/**
 * A secret of the config as plain text, wrapped so that no log line, template or JSON shows it by accident.
 * The Pulumi shell turns it into an Output with `pulumi.secret(it.secret)`.
 */
export class Secret {
  readonly secret: string;

  constructor(secret: string) {
    this.secret = secret;
  }

  toString(): string {
    return "(secret)";
  }

  /** Also keeps it out of fingerprints, which are JSON: a hash of a weak secret can be guessed. */
  toJSON(): string {
    return "(secret)";
  }

  [inspect.custom](): string {
    return "(secret)";
  }
}
