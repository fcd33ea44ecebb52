/**
 * The SDK notes a stack for every output of every resource, in case one is never resolved: ten frames of each, by its source maps, are much of a
 * program's time (docs/scale.md). Type stripping keeps line numbers without them, and three frames say where an error came from.
 */
export function fewerFrames(): void {
  Reflect.deleteProperty(Error, "prepareStackTrace");
  Error.stackTraceLimit = 3;
}
