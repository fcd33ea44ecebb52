/** Versions that belong together: raise them together and run the live tests. */
export const versions = {
  /** What Pulumi's own installer brings. */
  officialEngine: "3.265.0",
  /** The newest engine that module proxies serve; see source/engine/go.mod. */
  sourceEngine: "3.255.0",
  sourceLanguageHost: "3.60.0",
  /** Older engines lack what the program asks of them. */
  oldestEngine: "3.220.0",
  oldestGo: "1.25.11",
} as const;

export interface Provider {
  readonly name: "docker" | "random";
  /** That of the npm package @pulumi/<name>, which asks the engine for exactly this plugin. */
  readonly version: string;
}

export const providers: readonly Provider[] = [
  { name: "docker", version: "5.2.0" },
  { name: "random", version: "4.21.2" },
];

/** Whether a version such as `v3.255.0`, `go1.26.8` or `3.230.1-alpha` is that one or newer; what cannot be read is not. */
export function atLeast(version: string, oldest: string): boolean {
  const [given, wanted] = [numbers(version), numbers(oldest)];
  if (given === undefined || wanted === undefined) return false;
  for (const [index, number] of wanted.entries()) {
    const difference = (given[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] | undefined {
  const match = /^(?:v|go)?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version.trim());
  return match?.slice(1).map((part) => Number(part ?? 0));
}
