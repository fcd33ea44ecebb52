import { isDeepStrictEqual } from "node:util";

export function expectEqual(actual, wanted, what) {
  if (isDeepStrictEqual(actual, wanted)) return;
  throw new Error(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`);
}

export function expectRefused(reply, type) {
  expectEqual(reply.ok ? "answered" : reply.error.type, type, "refusal");
}
