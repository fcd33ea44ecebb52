/** What a workload is there for, and how Rollout asks whether it can. */
export type Duty = WebDuty | TcpDuty | WorkerDuty;

export interface WebDuty {
  readonly kind: "web";
  readonly port: number;
  readonly path: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Where the container's own health check does more than ask: the question alone. */
  readonly check?: readonly string[];
  /** Must pass once before users come, else the container would end itself under them. */
  readonly liveness?: readonly string[];
  readonly backends: readonly { readonly name: string; readonly candidatePort: number }[];
}

/** Speaks no http: whether it answers is asked inside its own container. */
export interface TcpDuty {
  readonly kind: "tcp";
  readonly port: number;
  /** Exits with 0 when the server in its container answers. */
  readonly check: readonly string[];
  readonly liveness?: readonly string[];
  readonly backends: WebDuty["backends"];
}

export interface WorkerDuty {
  readonly kind: "worker";
  /** Proves image, imports and connections while the worker itself is still paused; empty when there is none. */
  readonly check: readonly string[];
  /** Never two at a time, e.g. a scheduler: the old one stops before the new one begins. */
  readonly single: boolean;
}
