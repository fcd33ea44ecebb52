/** What a drill may ask of servers that somebody else runs. Its logic knows this interface and no client. */
export interface Servers {
  /** Of a server those that can be restored, of any kind. */
  snapshots(server: string): Promise<readonly { readonly id: string; readonly taken: Date }[]>;
  /** Undefined when there is none of that name. */
  original(server: string): Promise<Original | undefined>;
  /** Begins a server of its own with a snapshot's data, as private as another one and without its protection. */
  restore(server: string, snapshot: string, as: Original, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Undefined when there is none of that name. */
  state(server: string): Promise<{ readonly status: string; readonly address: string | undefined } | undefined>;
  /** With all that it has, and without a last snapshot; one that is gone is fine. */
  remove(server: string): Promise<void>;
}

/** What a restored server has from the one that serves. */
export interface Original {
  readonly instanceClass: string;
  readonly subnetGroup: string | undefined;
  readonly parameterGroup: string | undefined;
  /** Security groups. */
  readonly groups: readonly string[];
  /** The newest moment that could be restored. */
  readonly restorableUntil: Date | undefined;
}
