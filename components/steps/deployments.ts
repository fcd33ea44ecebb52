/** What the rollout of a cluster may ask of it. Its logic knows this interface and no client. */
export interface Deployments {
  /** Those that carry all the labels. */
  list(labels: Readonly<Record<string, string>>): Promise<readonly Deployed[]>;
  /** Makes the template of one of its sets the Deployment's own again. */
  setBack(name: string, set: string): Promise<void>;
  /** Keeps a text with the Deployment; no pod is told. */
  note(name: string, served: string): Promise<void>;
  /** Events, and the last lines of every container, of those pods of a set that are not ready. */
  words(set: string): Promise<string>;
}

export interface Deployed {
  readonly name: string;
  /** Of its template, see `label.release`. */
  readonly release: string;
  /** Its controller has seen what it is now. */
  readonly seen: boolean;
  readonly pods: {
    readonly wanted: number;
    readonly all: number;
    readonly updated: number;
    readonly available: number;
  };
  /** Of its newest set, where the controller tells: when it began to come (ISO 8601), and whether it is through. */
  readonly newest?: { readonly began: string; readonly through: boolean };
  /** What the controller says when there was no progress within its deadline; the set's name is in it. */
  readonly late?: string;
  /** One for each template that it had, as far back as it keeps them. */
  readonly sets: readonly { readonly name: string; readonly release: string }[];
  /** What `note` was told last. */
  readonly served?: string;
}
