/** A database that an operator runs in a cluster, as a step asks and tells it. Its logic knows this interface and no client. */
export interface Operated {
  /** What is there before anything is made. */
  find(): Promise<Found>;
  /** Undefined when there is none. */
  state(): Promise<OperatedState | undefined>;
  /** Asleep it has no server, and keeps its volumes. */
  setAsleep(asleep: boolean): Promise<void>;
}

export interface Found {
  /** The cluster knows the operator's kind. */
  readonly known: boolean;
  /** There is one. */
  readonly cluster: boolean;
  /** There is the data volume of a server without operator. */
  readonly claim: boolean;
}

export interface OperatedState {
  /** In the operator's words; empty before it has looked. */
  readonly phase: string;
  readonly wanted: number;
  readonly ready: number;
  /** All servers are gone, as was asked. */
  readonly asleep: boolean;
}
