import { type Go, goMissing, serves } from "./go.ts";

/** Whose PULUMI_HOME: the user's, or one in our cache. What is built from source never goes into the user's. */
export type Home = "user" | "own";

/** What was observed on this machine. */
export interface ProviderFacts {
  /** Whether the engine is an official release: then the user's own home is the natural place for official plugins. */
  readonly officialEngine: boolean;
  /** Names and versions of the plugins that are not there, e.g. `docker 5.2.0`. */
  readonly missing: Readonly<Record<Home, readonly string[]>>;
  /** Why the official download failed within the last day. */
  readonly refusal: string | undefined;
  /** Looked for only when it comes to building. */
  readonly go: Go | undefined;
}

export type ProviderStep =
  | { readonly kind: "use"; readonly home: Home }
  | { readonly kind: "download"; readonly home: Home; readonly said: readonly string[] }
  | { readonly kind: "build"; readonly go: Go; readonly said: readonly string[] }
  | { readonly kind: "fail"; readonly error: string };

/** The next step towards the provider plugins, with a line for each way that did not serve. */
export function nextProviderStep({ officialEngine, missing, refusal, go }: ProviderFacts): ProviderStep {
  if (officialEngine && missing.user.length === 0) return { kind: "use", home: "user" };
  if (missing.own.length === 0) return { kind: "use", home: "own" };

  const home = officialEngine ? "user" : "own";
  if (refusal === undefined) {
    return {
      kind: "download",
      home,
      said: [`provider plugins missing: ${missing[home].join(", ")}; trying Pulumi's own downloads`],
    };
  }
  const download = `Pulumi's own plugin downloads did not serve: ${refusal}`;
  if (serves(go)) {
    const wanted = missing.own.join(", ");
    return { kind: "build", go, said: [download, `building ${wanted} from source with ${go.path} (${go.version})`] };
  }
  const mend = [
    "Mend it in one of these ways, then run the command again:",
    ...missing[home].map((plugin) => `  pulumi plugin install resource ${plugin}`),
    "  https://go.dev/doc/install   Go, to build them from source",
  ];
  return { kind: "fail", error: [download, goMissing(go), "", ...mend].join("\n") };
}
