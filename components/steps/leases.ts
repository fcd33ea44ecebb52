/** What may be asked of the leases of a namespace. The logic of who is alone knows this interface and no client. */
export interface Leases {
  /** Undefined when nobody holds it. */
  read(name: string): Promise<Held | undefined>;
  /** Makes it, or replaces what was read. Answers whether it did: false when somebody was quicker. */
  write(name: string, holding: Holding, over: Held | undefined): Promise<boolean>;
  /** Removes what was read. Answers whether it did: false when somebody changed it since; one that is gone is fine. */
  remove(name: string, read: Held): Promise<boolean>;
}

/** Who is alone in a namespace. */
export interface Holding {
  readonly purpose: string;
  readonly pid: string;
  /** When that process began, see `processStart`: its number alone may have been given to another. */
  readonly started: string;
  /** Host name and boot. */
  readonly host: string;
  /** When it was taken; ISO 8601. */
  readonly since: string;
  /** Last sign of life; ISO 8601. */
  readonly renewed: string;
}

export interface Held extends Holding {
  /** Of the object: another one with every change. */
  readonly version: string;
}

export interface Times {
  /** Longest wait for whoever holds it. */
  readonly patienceMs: number;
  /** Without a sign of life for this long a holder on another machine counts as dead; Kubernetes' `leaseDurationSeconds`. */
  readonly silenceMs: number;
  readonly heartbeatMs: number;
  readonly pauseMs: number;
}

export const leaseTimes: Times = { patienceMs: 120_000, silenceMs: 30_000, heartbeatMs: 5_000, pauseMs: 500 };
