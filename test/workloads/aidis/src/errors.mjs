/** What a client did wrong, or may not do now; `type` is one of a few words and counted. */
export class Refusal extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

export const errorTypes = [
  "bad_request",
  "unknown_method",
  "not_found",
  "conflict",
  "limit",
  "forbidden",
  "disabled",
  "internal",
];
