/** What a backup point may ask of a database server that somebody else runs. Its logic knows this interface and no client. */
export interface Snapshots {
  /** Those of the server that people or Slipway made; none of its automatic ones. */
  list(): Promise<readonly Snapshot[]>;
  /** Begins one. Throws `ServerBusy` while the server makes its own, or changes. */
  create(id: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** One that is gone is fine. */
  remove(id: string): Promise<void>;
}

export interface Snapshot {
  readonly id: string;
  readonly state: "coming" | "ready" | "failed";
  readonly percent: number;
  /** GB of the server's disk; what of it is new is what it takes. */
  readonly gigabytes: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** It has something else to do now: ask again. */
export class ServerBusy extends Error {}
