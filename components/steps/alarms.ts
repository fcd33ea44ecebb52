/** What a release may ask of alarms that somebody else watches. Its logic knows this interface and no client. */
export interface Alarms {
  /** Those of these names that are raised now. @throws Error when there is no answer */
  raised(names: readonly string[]): Promise<readonly Raised[]>;
}

export interface Raised {
  readonly name: string;
  /** Milliseconds of Unix time, by the clock of who watches. */
  readonly since: number;
  /** In the words of who watches. */
  readonly why: string;
}
